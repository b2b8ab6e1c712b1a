package client

import (
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
)

func table(name string, nullable bool) *arrow.Schema {
	metadata := arrow.MetadataFrom(map[string]string{"cq:table_name": name})
	return arrow.NewSchema(
		[]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: nullable}}, &metadata)
}

func record(schema *arrow.Schema, values ...int64) arrow.RecordBatch {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for _, value := range values {
		if value < 0 {
			builder.Field(0).AppendNull()
			continue
		}
		builder.Field(0).(*array.Int64Builder).Append(value)
	}
	return builder.NewRecordBatch()
}

func TestRules(t *testing.T) {
	encode := func(batch arrow.RecordBatch) []byte {
		bytes, err := pb.RecordToBytes(batch)
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	announced, err := pb.SchemaToBytes(table("t", false))
	if err != nil {
		t.Fatal(err)
	}
	good := record(table("t", false), 1)
	tests := []struct {
		name    string
		batch   arrow.RecordBatch
		message []byte
		want    string // "": nothing is broken
	}{
		{"a good record", good, encode(good), ""},
		{"not announced", record(table("u", false), 1), encode(good), `table "u", which was not announced`},
		{"another schema", record(table("t", true), 1), encode(good), "is not the announced"},
		{"no rows", record(table("t", false)), encode(good), "a record without rows"},
		{"a null too many", record(table("t", false), -1), encode(good), "nulls in column n"},
		{"no batch", nil, announced, "stream with 0 batches"},
		{"no end of stream", good, encode(good)[:len(encode(good))-8], "end of stream false"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rules := newRules()
			rules.migrate("t", table("t", false), announced)
			rules.insert(test.batch, test.message)
			isWanted := func(text string) bool { return strings.Contains(text, test.want) }
			if test.want == "" && len(rules.violations) > 0 ||
				test.want != "" && !slices.ContainsFunc(rules.violations, isWanted) {
				t.Errorf("violations %q, want %q", rules.violations, test.want)
			}
		})
	}
}
