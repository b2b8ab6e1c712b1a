package postgres

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

func TestLiteral(t *testing.T) {
	tests := []struct {
		name string
		kind arrow.DataType
		json string // one value, as arrow-go reads it
		want string
	}{
		{"NUL is dropped", arrow.BinaryTypes.String, `"a\u0000b"`, "ab"},
		{"bytes", arrow.BinaryTypes.Binary, `"AP8="`, `\x00ff`},
		{"year 0", arrow.FixedWidthTypes.Date32, `"0000-02-29"`, "0001-02-29 BC"},
		{"nanoseconds", arrow.FixedWidthTypes.Timestamp_ns, `"2024-01-02 03:04:05.123456789"`,
			"2024-01-02 03:04:05.123456"},
		{"an array in a list", arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int8)), `[[1,2],[3,null]]`,
			`{{"1","2"},{"3",NULL}}`},
		{"quotes in a list", arrow.ListOf(arrow.BinaryTypes.String), `["a\"b\\c", "NULL", null]`,
			`{"a\"b\\c","NULL",NULL}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			builder := array.NewBuilder(memory.DefaultAllocator, test.kind)
			if err := builder.UnmarshalJSON([]byte("[" + test.json + "]")); err != nil {
				t.Fatal(err)
			}
			if got := literal(builder.NewArray(), 0); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
