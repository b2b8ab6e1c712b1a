package testsource

import (
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// readStream reads a file with an Arrow IPC stream. The records get the table's own schema.
func readStream(path string) (*schema.Table, []arrow.RecordBatch, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	reader, err := ipc.NewReader(file)
	if err != nil {
		return nil, nil, err
	}
	defer reader.Release()
	table, err := schema.NewTableFromArrowSchema(reader.Schema())
	if err != nil {
		return nil, nil, err
	}
	var records []arrow.RecordBatch
	for reader.Next() {
		batch := reader.RecordBatch()
		records = append(records,
			array.NewRecordBatch(table.ToArrowSchema(), batch.Columns(), batch.NumRows()))
	}
	return table, records, reader.Err()
}
