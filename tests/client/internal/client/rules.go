package client

import (
	"bytes"
	"fmt"
	"maps"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// maxMessageBytes is where CloudQuery's Go SDK drops a message.
const maxMessageBytes = 100 << 20

// rules checks what the CLI or destinations rely on without saying so.
type rules struct {
	tables     map[string]*arrow.Schema // as last announced
	violations []string
}

func newRules() *rules {
	return &rules{tables: map[string]*arrow.Schema{}, violations: []string{}}
}

func (r *rules) broken(format string, arguments ...any) {
	const most = 100
	if len(r.violations) < most {
		r.violations = append(r.violations, fmt.Sprintf(format, arguments...))
	}
}

func (r *rules) migrate(name string, table *arrow.Schema, message []byte) {
	if name == "" {
		r.broken("a table without %s", schema.MetadataTableName)
	}
	if batches, ended := inspect(message); batches != 0 || !ended {
		r.broken("table %s: stream with %d batches, end of stream %t", name, batches, ended)
	}
	names := map[string]bool{}
	for _, field := range table.Fields() {
		if names[field.Name] {
			r.broken("table %s: column %s twice", name, field.Name)
		}
		names[field.Name] = true
	}
	r.tables[name] = table
}

func (r *rules) insert(record arrow.RecordBatch, message []byte) {
	if len(message) > maxMessageBytes {
		r.broken("a record of %d bytes", len(message))
	}
	if batches, ended := inspect(message); batches != 1 || !ended {
		r.broken("record: stream with %d batches, end of stream %t", batches, ended)
	}
	if record == nil {
		return
	}
	name := tableName(record.Schema())
	table := r.tables[name]
	switch {
	case table == nil:
		r.broken("a record of table %q, which was not announced", name)
	case !sameSchema(table, record.Schema()):
		r.broken("table %s: record's schema %v is not the announced %v", name, record.Schema(), table)
	case record.NumRows() == 0:
		r.broken("table %s: a record without rows", name)
	}
	for i, column := range record.Columns() {
		if field := record.Schema().Field(i); !field.Nullable && column.NullN() > 0 {
			r.broken("table %s: nulls in column %s, which is not nullable", name, field.Name)
		}
	}
}

func sameSchema(a, b *arrow.Schema) bool {
	return a.Equal(b) && maps.Equal(a.Metadata().ToMap(), b.Metadata().ToMap())
}

// inspect counts the batches of an IPC stream and tells whether it ends as it should.
func inspect(message []byte) (batches int, ended bool) {
	ended = bytes.HasSuffix(message, []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
	reader, err := ipc.NewReader(bytes.NewReader(message))
	if err != nil {
		return 0, ended
	}
	defer reader.Release()
	for reader.Next() {
		batches++
	}
	return batches, ended
}
