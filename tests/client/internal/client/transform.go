package client

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cloudquery/plugin-pb-go/specs"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// transformer makes of a source's tables and records what the CLI hands to a destination: its own
// columns in front (unless the source has columns of these names), and flags as the write mode asks.
type transformer struct {
	sourceName  string
	syncTime    time.Time
	stripKeys   bool
	stripUnique bool
	keyIsCqID   bool
}

func newTransformer(o Options, syncTime time.Time) transformer {
	t := transformer{sourceName: o.sourceName(), syncTime: syncTime}
	switch {
	case o.WriteMode == specs.WriteModeAppend:
		t.stripKeys, t.stripUnique = true, true
	case o.PKMode == specs.PKModeCQID:
		t.stripKeys, t.keyIsCqID = true, true
	}
	return t
}

func (t transformer) schema(source *arrow.Schema) *arrow.Schema {
	var fields []arrow.Field
	for _, column := range []schema.Column{schema.CqSyncTimeColumn, schema.CqSourceNameColumn} {
		if !source.HasField(column.Name) {
			fields = append(fields, arrow.Field{Name: column.Name, Type: column.Type, Nullable: true})
		}
	}
	for _, field := range source.Fields() {
		metadata := field.Metadata.ToMap()
		if t.stripKeys {
			delete(metadata, schema.MetadataPrimaryKey)
		}
		if t.stripUnique {
			delete(metadata, schema.MetadataUnique)
		}
		if t.keyIsCqID && field.Name == schema.CqIDColumn.Name {
			metadata[schema.MetadataPrimaryKey] = schema.MetadataTrue
		}
		field.Metadata = arrow.MetadataFrom(metadata)
		fields = append(fields, field)
	}
	metadata := source.Metadata()
	return arrow.NewSchema(fields, &metadata)
}

func (t transformer) record(source arrow.RecordBatch) arrow.RecordBatch {
	var columns []arrow.Array
	rows := int(source.NumRows())
	if !source.Schema().HasField(schema.CqSyncTimeColumn.Name) {
		columns = append(columns, t.syncTimes(rows))
	}
	if !source.Schema().HasField(schema.CqSourceNameColumn.Name) {
		columns = append(columns, schema.StringArrayFromValue(t.sourceName, rows))
	}
	columns = append(columns, source.Columns()...)
	return array.NewRecordBatch(t.schema(source.Schema()), columns, source.NumRows())
}

func (t transformer) syncTimes(rows int) arrow.Array {
	builder := array.NewTimestampBuilder(memory.DefaultAllocator,
		schema.CqSyncTimeColumn.Type.(*arrow.TimestampType))
	defer builder.Release()
	for range rows {
		builder.Append(arrow.Timestamp(t.syncTime.UnixMicro()))
	}
	return builder.NewArray()
}
