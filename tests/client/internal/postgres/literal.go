package postgres

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/cloudquery/plugin-sdk/v4/types"
)

// literal is a value that is not null, written as PostgreSQL reads it for the column's type.
func literal(values arrow.Array, i int) string {
	switch values := values.(type) {
	case *array.String:
		return withoutNul(values.Value(i))
	case *array.Binary:
		return `\x` + hex.EncodeToString(values.Value(i))
	case *array.LargeBinary:
		return `\x` + hex.EncodeToString(values.Value(i))
	case *array.Float32:
		return floatLiteral(float64(values.Value(i)), 32)
	case *array.Float64:
		return floatLiteral(values.Value(i), 64)
	case *array.Timestamp:
		unit := values.DataType().(*arrow.TimestampType).Unit
		return timeLiteral(values.Value(i).ToTime(unit), "2006-01-02 15:04:05.999999")
	case *array.Date32:
		return timeLiteral(values.Value(i).ToTime(), time.DateOnly)
	case *array.Date64:
		return timeLiteral(values.Value(i).ToTime(), time.DateOnly)
	case *array.Time32:
		unit := values.DataType().(*arrow.Time32Type).Unit
		return values.Value(i).ToTime(unit).UTC().Format("15:04:05.999999")
	case *array.Time64:
		unit := values.DataType().(*arrow.Time64Type).Unit
		return values.Value(i).ToTime(unit).UTC().Format("15:04:05.999999")
	case *types.JSONArray:
		return string(values.Storage().(*array.Binary).Value(i))
	case *array.Map:
		return withoutNul(values.ValueStr(i))
	case array.ListLike:
		return listLiteral(values, i)
	default:
		return withoutNul(values.ValueStr(i))
	}
}

var listEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func listLiteral(values array.ListLike, i int) string {
	start, end := values.ValueOffsets(i)
	items := make([]string, 0, end-start)
	for item := start; item < end; item++ {
		elements := values.ListValues()
		switch {
		case elements.IsNull(int(item)):
			items = append(items, "NULL")
		case isArray(elements):
			items = append(items, literal(elements, int(item)))
		default:
			items = append(items, `"`+listEscapes.Replace(literal(elements, int(item)))+`"`)
		}
	}
	return "{" + strings.Join(items, ",") + "}"
}

func isArray(values arrow.Array) bool {
	_, isMap := values.(*array.Map)
	_, isList := values.(array.ListLike)
	return isList && !isMap
}

func floatLiteral(value float64, bits int) string {
	if math.IsInf(value, 1) {
		return "Infinity"
	}
	if math.IsInf(value, -1) {
		return "-Infinity"
	}
	return strconv.FormatFloat(value, 'g', -1, bits)
}

// timeLiteral writes years before 1 as PostgreSQL does: year 0 is 1 BC.
func timeLiteral(t time.Time, layout string) string {
	t = t.UTC()
	if t.Year() > 0 {
		return t.Format(layout)
	}
	return fmt.Sprintf("%04d%s BC", 1-t.Year(), t.Format(strings.TrimPrefix(layout, "2006")))
}

// withoutNul drops what PostgreSQL's text cannot hold.
func withoutNul(text string) string {
	return strings.ReplaceAll(text, "\x00", "")
}
