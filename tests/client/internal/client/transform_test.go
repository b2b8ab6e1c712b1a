package client

import (
	"maps"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cloudquery/plugin-pb-go/specs"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

var syncTime = time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC)

func sourceTable() *arrow.Schema {
	table := &schema.Table{
		Name: "t", IsIncremental: true,
		Columns: schema.ColumnList{
			{Name: "key", Type: arrow.PrimitiveTypes.Int64, PrimaryKey: true, NotNull: true},
			{Name: "text", Type: arrow.BinaryTypes.String},
		},
	}
	schema.AddCqIDs(table)
	return table.ToArrowSchema()
}

func TestTransformerKeepsOrStripsFlags(t *testing.T) {
	tests := []struct {
		name       string
		options    Options
		primaryKey map[string]string // of the columns that have the flag
		unique     map[string]string
	}{
		{
			name:       "overwrite keeps all",
			options:    Options{WriteMode: specs.WriteModeOverwrite},
			primaryKey: map[string]string{"_cq_id": "false", "_cq_parent_id": "false", "key": "true", "text": "false"},
			unique:     map[string]string{"_cq_id": "true", "_cq_parent_id": "false", "key": "false", "text": "false"},
		},
		{
			name:       "append removes both",
			options:    Options{WriteMode: specs.WriteModeAppend, PKMode: specs.PKModeCQID},
			primaryKey: map[string]string{},
			unique:     map[string]string{},
		},
		{
			name:       "cq-id-only leaves one key",
			options:    Options{WriteMode: specs.WriteModeOverwriteDeleteStale, PKMode: specs.PKModeCQID},
			primaryKey: map[string]string{"_cq_id": "true"},
			unique:     map[string]string{"_cq_id": "true", "_cq_parent_id": "false", "key": "false", "text": "false"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := newTransformer(test.options, syncTime).schema(sourceTable())
			primaryKey, unique := map[string]string{}, map[string]string{}
			for _, field := range got.Fields() {
				if value, found := field.Metadata.GetValue(schema.MetadataPrimaryKey); found {
					primaryKey[field.Name] = value
				}
				if value, found := field.Metadata.GetValue(schema.MetadataUnique); found {
					unique[field.Name] = value
				}
			}
			if !maps.Equal(primaryKey, test.primaryKey) {
				t.Errorf("primary key flags %v, want %v", primaryKey, test.primaryKey)
			}
			if !maps.Equal(unique, test.unique) {
				t.Errorf("unique flags %v, want %v", unique, test.unique)
			}
			if tableName(got) != "t" || !isIncremental(got) {
				t.Errorf("table metadata is lost: %v", got.Metadata())
			}
		})
	}
}

func TestTransformerPutsColumnsInFront(t *testing.T) {
	source := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, source)
	builder.Field(0).(*array.Int64Builder).AppendValues([]int64{5, 6}, nil)
	got := newTransformer(Options{Name: "s3"}, syncTime).record(builder.NewRecordBatch())
	text, err := got.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"_cq_source_name":"s3","_cq_sync_time":"2024-05-06T07:08:09.123456Z","n":5}
,{"_cq_source_name":"s3","_cq_sync_time":"2024-05-06T07:08:09.123456Z","n":6}
]`
	if string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

func TestTransformerLeavesColumnsOfTheSource(t *testing.T) {
	source := arrow.NewSchema([]arrow.Field{
		{Name: "_cq_source_name", Type: arrow.BinaryTypes.String},
		{Name: "_cq_sync_time", Type: arrow.FixedWidthTypes.Timestamp_us},
	}, nil)
	got := newTransformer(Options{Name: "s3"}, syncTime).schema(source)
	if !got.Equal(source) {
		t.Errorf("got %v, want %v", got, source)
	}
}
