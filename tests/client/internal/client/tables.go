package client

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/google/uuid"
)

// TablesReport is what `tables` and `migrate` print.
type TablesReport struct {
	Error      string           `json:"error"`
	SourceStop string           `json:"source_stop"`
	Name       string           `json:"name"` // of the plugin; `tables` only
	Tables     []TableReport    `json:"tables"`
	Log        []map[string]any `json:"log"`
}

// TableReport is a table as a destination sees it.
type TableReport struct {
	Name        string         `json:"name"`
	Incremental bool           `json:"incremental"`
	Columns     []ColumnReport `json:"columns"`
}

// ColumnReport is a column of a table.
type ColumnReport struct {
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Nullable bool              `json:"nullable"`
	Metadata map[string]string `json:"metadata"`
}

// tablesCommand is `cloudquery tables --filter spec` (with the default patterns: `--filter all`).
func tablesCommand(ctx context.Context, o Options) (any, error) {
	report := &TablesReport{Tables: []TableReport{}}
	return report, withSource(ctx, o, report, func(source *process) error {
		name, err := source.rpc.GetName(ctx, &pb.GetName_Request{})
		if err != nil {
			return err
		}
		report.Name = name.Name
		schemas, err := getTables(ctx, source, o)
		for _, table := range schemas {
			report.Tables = append(report.Tables, reportOf(table))
		}
		return err
	})
}

// migrateCommand is `cloudquery migrate`: the destination gets the tables without a sync.
func migrateCommand(ctx context.Context, o Options) (any, error) {
	report := &TablesReport{Tables: []TableReport{}}
	return report, withSource(ctx, o, report, func(source *process) error {
		schemas, err := getTables(ctx, source, o)
		if err != nil {
			return err
		}
		destination, err := startDestination(ctx, o)
		if err != nil {
			return err
		}
		defer destination.stop()
		s := session{
			options: o, destination: destination, summary: newSummary(), rules: newRules(),
			transform: newTransformer(o, time.Now()),
		}
		spec, err := json.Marshal(map[string]any{"connection_string": o.DSN})
		if err != nil {
			return err
		}
		if err := destination.init(ctx, spec, false, uuid.NewString()); err != nil {
			return err
		}
		if s.write, err = destination.rpc.Write(ctx); err != nil {
			return err
		}
		for _, table := range schemas {
			report.Tables = append(report.Tables, reportOf(table))
			encoded, err := pb.SchemaToBytes(table)
			if err != nil {
				return err
			}
			if err := s.migrate(encoded); err != nil {
				return err
			}
		}
		_, err = s.write.CloseAndRecv()
		return err
	})
}

func withSource(ctx context.Context, o Options, report *TablesReport,
	use func(source *process) error) (err error) {
	defer func() {
		if err != nil {
			report.Error = err.Error()
		}
	}()
	source, err := startSource(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		report.SourceStop = source.stop()
		report.Log = source.log.all()
	}()
	if err := source.checkVersion(ctx); err != nil {
		return err
	}
	spec, err := o.specBytes(true)
	if err != nil {
		return err
	}
	if err := source.init(ctx, spec, true, uuid.NewString()); err != nil {
		return err
	}
	return use(source)
}

func getTables(ctx context.Context, source *process, o Options) ([]*arrow.Schema, error) {
	response, err := source.rpc.GetTables(ctx, &pb.GetTables_Request{
		Tables: o.Tables, SkipTables: o.SkipTables, SkipDependentTables: true,
	})
	if err != nil {
		return nil, fmt.Errorf("failed to get tables: %w", err)
	}
	return pb.NewSchemasFromBytes(response.Tables)
}

func reportOf(table *arrow.Schema) TableReport {
	report := TableReport{Name: tableName(table), Incremental: isIncremental(table)}
	for _, field := range table.Fields() {
		report.Columns = append(report.Columns, ColumnReport{
			Name: field.Name, Type: field.Type.String(), Nullable: field.Nullable,
			Metadata: field.Metadata.ToMap(),
		})
	}
	return report
}
