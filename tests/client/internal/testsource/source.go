// Package testsource counts: one table of whole numbers, continued where the last sync ended.
package testsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/state"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/google/uuid"
	"github.com/rs/zerolog"
)

// JSONSchema is the schema of Spec.
const JSONSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "count": {"type": "integer", "minimum": 0},
    "fail": {"type": "boolean"}
  },
  "additionalProperties": false
}`

const (
	stateKey      = "testsource/next"
	rowsPerRecord = 100
)

// Spec is the source's spec.
type Spec struct {
	Count int64 `json:"count"` // rows a sync sends, one number each
	Fail  bool  `json:"fail"`  // the sync ends with an error after its rows

	Replay string `json:"replay"` // file with an Arrow stream that is sent instead
}

// Client is a session.
type Client struct {
	plugin.UnimplementedDestination
	logger zerolog.Logger
	spec   Spec
}

// New is the plugin's Init.
func New(_ context.Context, logger zerolog.Logger, specBytes []byte,
	_ plugin.NewClientOptions) (plugin.Client, error) {
	client := &Client{logger: logger}
	return client, json.Unmarshal(specBytes, &client.spec)
}

// TestConnection fails for a spec with `fail`.
func TestConnection(_ context.Context, _ zerolog.Logger, specBytes []byte) error {
	var spec Spec
	if err := json.Unmarshal(specBytes, &spec); err != nil {
		return plugin.NewTestConnError("INVALID_SPEC", err)
	}
	if spec.Fail {
		return plugin.NewTestConnError("UNREACHABLE", errors.New("asked to fail"))
	}
	return nil
}

// Tables is the one table.
func (c *Client) Tables(_ context.Context, options plugin.TableOptions) (schema.Tables, error) {
	table := &schema.Table{
		Name:          "numbers",
		IsIncremental: true,
		Columns: schema.ColumnList{
			{Name: "number", Type: arrow.PrimitiveTypes.Int64},
			{Name: "text", Type: arrow.BinaryTypes.String},
		},
	}
	schema.AddCqIDs(table)
	tables := schema.Tables{table}
	if c.spec.Replay != "" {
		replayed, _, err := readStream(c.spec.Replay)
		if err != nil {
			return nil, err
		}
		tables = schema.Tables{replayed}
	}
	return tables.FilterDfs(options.Tables, options.SkipTables, options.SkipDependentTables)
}

// Close does nothing.
func (*Client) Close(context.Context) error { return nil }

func (c *Client) replay(messages chan<- message.SyncMessage) error {
	table, records, err := readStream(c.spec.Replay)
	if err != nil {
		return err
	}
	messages <- &message.SyncMigrateTable{Table: table}
	for _, record := range records {
		messages <- &message.SyncInsert{Record: record}
	}
	return nil
}

// Sync sends the next numbers, a warning and an error message.
func (c *Client) Sync(ctx context.Context, options plugin.SyncOptions,
	messages chan<- message.SyncMessage) error {
	if c.spec.Replay != "" {
		return c.replay(messages)
	}
	store, err := state.NewConnectedClient(ctx, options.BackendOptions)
	if err != nil {
		return err
	}
	defer store.Close()
	tables, err := c.Tables(ctx, plugin.TableOptions{
		Tables: options.Tables, SkipTables: options.SkipTables,
	})
	if err != nil {
		return err
	}
	text, err := store.GetKey(ctx, stateKey)
	if err != nil {
		return err
	}
	next, _ := strconv.ParseInt(text, 10, 64)
	for _, table := range tables {
		messages <- &message.SyncMigrateTable{Table: table}
		for sent := int64(0); sent < c.spec.Count; sent += rowsPerRecord {
			rows := min(rowsPerRecord, c.spec.Count-sent)
			record := numbers(table.ToArrowSchema(), next+sent, rows)
			select {
			case messages <- &message.SyncInsert{Record: record}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		messages <- &message.SyncError{TableName: table.Name, Error: "counted"}
	}
	c.logger.Warn().Msg("a warning")
	if c.spec.Fail {
		return fmt.Errorf("asked to fail")
	}
	if err := store.SetKey(ctx, stateKey, strconv.FormatInt(next+c.spec.Count, 10)); err != nil {
		return err
	}
	return store.Flush(ctx)
}

func numbers(arrowSchema *arrow.Schema, first, count int64) arrow.RecordBatch {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, arrowSchema)
	defer builder.Release()
	for number := first; number < first+count; number++ {
		id := uuid.NewSHA1(uuid.Nil, []byte(strconv.FormatInt(number, 10)))
		builder.Field(0).(*types.UUIDBuilder).Append(id)
		builder.Field(1).AppendNull()
		builder.Field(2).(*array.Int64Builder).Append(number)
		builder.Field(3).(*array.StringBuilder).Append(fmt.Sprintf("n%d\x00", number))
	}
	return builder.NewRecordBatch()
}
