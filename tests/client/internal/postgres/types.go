package postgres

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/cloudquery/plugin-sdk/v4/types"
)

// typeName is the PostgreSQL type of a column of an Arrow type; what PostgreSQL has no type for is text.
func typeName(t arrow.DataType) string {
	switch t := t.(type) {
	case *types.UUIDType:
		return "uuid"
	case *types.JSONType:
		return "jsonb"
	case *types.InetType:
		return "inet"
	case *types.MACType:
		return "macaddr"
	case *arrow.ListType:
		return typeName(t.Elem()) + "[]"
	case *arrow.LargeListType:
		return typeName(t.Elem()) + "[]"
	case *arrow.FixedSizeListType:
		return typeName(t.Elem()) + "[]"
	case arrow.DecimalType:
		return fmt.Sprintf("numeric(%d,%d)", t.GetPrecision(), t.GetScale())
	}
	switch t.ID() {
	case arrow.BOOL:
		return "boolean"
	case arrow.INT8, arrow.INT16, arrow.UINT8:
		return "smallint"
	case arrow.INT32, arrow.UINT16:
		return "integer"
	case arrow.INT64, arrow.UINT32:
		return "bigint"
	case arrow.UINT64:
		return "numeric(20,0)"
	case arrow.FLOAT32:
		return "real"
	case arrow.FLOAT64:
		return "double precision"
	case arrow.BINARY, arrow.LARGE_BINARY:
		return "bytea"
	case arrow.DATE32, arrow.DATE64:
		return "date"
	case arrow.TIME32, arrow.TIME64:
		return "time without time zone"
	case arrow.TIMESTAMP:
		return "timestamp without time zone"
	default:
		return "text"
	}
}
