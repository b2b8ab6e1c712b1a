package client

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

func (s *session) handle(response *pb.Sync_Response) error {
	switch m := response.GetMessage().(type) {
	case *pb.Sync_Response_MigrateTable:
		return s.migrate(m.MigrateTable.Table)
	case *pb.Sync_Response_Insert:
		return s.insert(m.Insert.Record)
	case *pb.Sync_Response_DeleteRecord:
		return s.send(&pb.Write_Request{Message: &pb.Write_Request_DeleteRecord{
			DeleteRecord: &pb.Write_MessageDeleteRecord{
				TableName:      m.DeleteRecord.TableName,
				TableRelations: m.DeleteRecord.TableRelations,
				WhereClause:    m.DeleteRecord.WhereClause,
			}}})
	case *pb.Sync_Response_Error:
		s.summary.ErrorMessages = append(s.summary.ErrorMessages,
			ErrorMessage{Table: m.Error.TableName, Error: m.Error.Error})
		s.summary.ErrorsPerTable[m.Error.TableName]++
		return nil
	default:
		return fmt.Errorf("unknown message type: %T", m)
	}
}

func (s *session) migrate(bytes []byte) error {
	if err := s.dump.write("migrate", bytes); err != nil {
		return err
	}
	table, err := pb.NewSchemaFromBytes(bytes)
	if err != nil {
		return err
	}
	name := tableName(table)
	s.rules.migrate(name, table, bytes)
	if !slices.Contains(s.summary.Migrated, name) {
		s.summary.Migrated = append(s.summary.Migrated, name)
	}
	// Rows of earlier syncs stay only where the source reads on from a stored state.
	isKept := s.options.BackendTable != "" && isIncremental(table)
	if !isKept && !slices.Contains(s.stale, name) {
		s.stale = append(s.stale, name)
	}
	encoded, err := pb.SchemaToBytes(s.transform.schema(table))
	if err != nil {
		return err
	}
	return s.send(&pb.Write_Request{Message: &pb.Write_Request_MigrateTable{
		MigrateTable: &pb.Write_MessageMigrateTable{
			Table: encoded, MigrateForce: s.options.MigrateForced,
		}}})
}

func (s *session) insert(bytes []byte) error {
	if err := s.dump.write("insert", bytes); err != nil {
		return err
	}
	record, err := pb.NewRecordFromBytes(bytes)
	if err != nil {
		return fmt.Errorf("failed to get record from bytes: %w", err)
	}
	s.rules.insert(record, bytes)
	if record == nil { // the CLI would panic
		return fmt.Errorf("insert message without a record batch")
	}
	s.count(record)
	encoded, err := pb.RecordToBytes(s.transform.record(record))
	if err != nil {
		return fmt.Errorf("failed to transform record bytes: %w", err)
	}
	return s.send(&pb.Write_Request{Message: &pb.Write_Request_Insert{
		Insert: &pb.Write_MessageInsert{Record: encoded}}})
}

func (s *session) count(record arrow.RecordBatch) {
	s.summary.Records++
	s.summary.Resources += record.NumRows()
	s.summary.ResourcesPerTable[tableName(record.Schema())] += record.NumRows()
	s.summary.LargestRecord = max(s.summary.LargestRecord, record.NumRows())
	after := s.options.InterruptAfterRows
	if after > 0 && s.summary.Resources >= after && !s.interrupted {
		s.interrupted = true
		s.interrupt()
	}
}

func tableName(table *arrow.Schema) string {
	name, _ := table.Metadata().GetValue(schema.MetadataTableName)
	return name
}

func isIncremental(table *arrow.Schema) bool {
	value, _ := table.Metadata().GetValue(schema.MetadataIncremental)
	return value == schema.MetadataTrue
}
