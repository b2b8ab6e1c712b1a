package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/jackc/pgx/v5"
)

// existingColumn is a column as PostgreSQL has it.
type existingColumn struct {
	typeName string
	notNull  bool
	key      bool
}

// MigrateTableBatch creates tables and adds what is new to those that exist.
func (c *Client) MigrateTableBatch(ctx context.Context, messages message.WriteMigrateTables) error {
	for _, m := range messages {
		if err := c.migrate(ctx, m.Table, m.MigrateForce); err != nil {
			return fmt.Errorf("failed to migrate table %s: %w", m.Table.Name, err)
		}
	}
	return nil
}

func (c *Client) migrate(ctx context.Context, table *schema.Table, force bool) error {
	if len(table.Columns) == 0 {
		return nil
	}
	existing, err := c.existingColumns(ctx, table.Name)
	if err != nil {
		return err
	}
	if len(existing) == 0 {
		return c.create(ctx, table)
	}
	changes, blocked := changesOf(table, existing)
	if len(blocked) > 0 {
		if !force {
			return fmt.Errorf("can't migrate without migrate_mode: forced: %s",
				strings.Join(blocked, "; "))
		}
		if _, err := c.pool.Exec(ctx, "drop table "+quoted(table.Name)); err != nil {
			return err
		}
		return c.create(ctx, table)
	}
	for _, change := range changes {
		if _, err := c.pool.Exec(ctx, "alter table "+quoted(table.Name)+" "+change); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) create(ctx context.Context, table *schema.Table) error {
	parts := make([]string, 0, len(table.Columns)+1)
	for _, column := range table.Columns {
		part := quoted(column.Name) + " " + typeName(column.Type)
		if column.Unique {
			part += " unique"
		}
		if column.NotNull {
			part += " not null"
		}
		parts = append(parts, part)
	}
	if keys := table.PrimaryKeys(); len(keys) > 0 {
		parts = append(parts, fmt.Sprintf("constraint %s primary key (%s)",
			quoted(keyName(table.Name)), quotedList(keys)))
	}
	// "if not exists" alone fails when two shards create a table at the same time.
	return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext($1))", table.Name); err != nil {
			return err
		}
		_, err := tx.Exec(ctx,
			"create table if not exists "+quoted(table.Name)+" ("+strings.Join(parts, ", ")+")")
		return err
	})
}

// changesOf says how an existing table becomes `table`, and what stands in the way.
func changesOf(table *schema.Table, existing map[string]existingColumn) (changes, blocked []string) {
	for _, column := range table.Columns {
		want := typeName(column.Type)
		have, found := existing[shortName(column.Name)]
		notNull := column.NotNull || column.PrimaryKey
		switch {
		case !found && notNull:
			blocked = append(blocked, "new column "+column.Name+" is not null")
		case !found:
			changes = append(changes, "add column "+quoted(column.Name)+" "+want)
		case have.typeName != want:
			blocked = append(blocked,
				fmt.Sprintf("column %s changes from %s to %s", column.Name, have.typeName, want))
		case have.key != column.PrimaryKey:
			blocked = append(blocked, "primary key changes at column "+column.Name)
		case have.notNull && !notNull:
			changes = append(changes, "alter column "+quoted(column.Name)+" drop not null")
		case !have.notNull && notNull:
			blocked = append(blocked, "column "+column.Name+" becomes not null")
		}
	}
	for name, have := range existing {
		isNamed := func(column schema.Column) bool { return shortName(column.Name) == name }
		if have.notNull && !slices.ContainsFunc(table.Columns, isNamed) {
			blocked = append(blocked, "column "+name+" is gone, but not null")
		}
	}
	slices.Sort(blocked)
	return changes, blocked
}

func (c *Client) existingColumns(ctx context.Context, table string) (map[string]existingColumn, error) {
	rows, err := c.pool.Query(ctx, `
		select attname, format_type(atttypid, atttypmod), attnotnull,
		       exists(select from pg_index
		              where indrelid = attrelid and indisprimary and attnum = any(indkey))
		from pg_attribute
		where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`, quoted(table))
	if err != nil {
		return nil, err
	}
	result := map[string]existingColumn{}
	var name string
	var column existingColumn
	_, err = pgx.ForEachRow(rows, []any{&name, &column.typeName, &column.notNull, &column.key},
		func() error {
			result[name] = column
			return nil
		})
	return result, err
}
