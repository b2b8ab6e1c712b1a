package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/jackc/pgx/v5"
)

// InsertBatch inserts rows; those whose key is there already replace the old ones. Whether a table has
// a key is told by the record itself, not by the table's last migration.
func (c *Client) InsertBatch(ctx context.Context, messages message.WriteInserts) error {
	batch := &pgx.Batch{}
	for _, m := range messages {
		if _, found := m.Record.Schema().Metadata().GetValue(schema.MetadataTableName); !found {
			return errors.New("table name not found in metadata")
		}
		statement := insertStatement(m.GetTable())
		for row := range int(m.Record.NumRows()) {
			batch.Queue(statement, rowValues(m.Record, row)...)
		}
	}
	if err := c.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("failed to insert: %w", err)
	}
	return nil
}

func insertStatement(table *schema.Table) string {
	names := make([]string, len(table.Columns))
	values := make([]string, len(table.Columns))
	updates := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		names[i] = column.Name
		values[i] = fmt.Sprintf("$%d", i+1)
		updates[i] = quoted(column.Name) + " = excluded." + quoted(column.Name)
	}
	statement := fmt.Sprintf("insert into %s (%s) values (%s)", quoted(table.Name),
		quotedList(names), strings.Join(values, ", "))
	if keys := table.PrimaryKeys(); len(keys) > 0 {
		statement += fmt.Sprintf(" on conflict (%s) do update set %s", quotedList(keys),
			strings.Join(updates, ", "))
	}
	return statement
}

func rowValues(record arrow.RecordBatch, row int) []any {
	values := make([]any, record.NumCols())
	for i, column := range record.Columns() {
		if !column.IsNull(row) {
			values[i] = literal(column, row)
		}
	}
	return values
}
