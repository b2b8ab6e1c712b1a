package postgres

import (
	"context"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/jackc/pgx/v5"
)

// Read sends all rows of a table, one a record, as CloudQuery's own destination does.
func (c *Client) Read(ctx context.Context, table *schema.Table, records chan<- arrow.RecordBatch) error {
	columns := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		columns[i] = quoted(column.Name) + "::text"
	}
	rows, err := c.pool.Query(ctx,
		"select "+strings.Join(columns, ", ")+" from "+quoted(table.Name))
	if err != nil {
		return err
	}
	texts := make([]*string, len(columns))
	targets := make([]any, len(columns))
	for i := range texts {
		targets[i] = &texts[i]
	}
	arrowSchema := table.ToArrowSchema()
	_, err = pgx.ForEachRow(rows, targets, func() error {
		record, err := recordOf(arrowSchema, texts)
		if err != nil {
			return err
		}
		records <- record
		return nil
	})
	return err
}

func recordOf(arrowSchema *arrow.Schema, texts []*string) (arrow.RecordBatch, error) {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, arrowSchema)
	defer builder.Release()
	for i, text := range texts {
		if text == nil {
			builder.Field(i).AppendNull()
			continue
		}
		if err := builder.Field(i).AppendValueFromString(*text); err != nil {
			return nil, err
		}
	}
	return builder.NewRecordBatch(), nil
}
