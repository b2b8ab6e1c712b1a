package client

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cloudquery/plugin-pb-go/managedplugin"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-pb-go/specs"
)

// Options is what a user writes into the CLI's configuration file and on its command line.
type Options struct {
	Name       string
	Registry   managedplugin.Registry
	SourcePath string // an executable, or host:port for registry grpc
	SpecFile   string
	Tables     patterns
	SkipTables patterns
	LogLevel   string
	OtelTarget string
	Metrics    bool // collect the tables' metrics, as --tables-metrics-location does

	DestinationPath string
	DSN             string
	WriteMode       specs.WriteMode
	PKMode          specs.PKMode
	MigrateForced   bool

	BackendTable      string
	BackendConnection string // default: the destination's
	Shard             *pb.Sync_Request_Shard
	DeterministicCqID bool

	InterruptAfterRows int64         // 0: never
	Interrupt          string        // whom: client or plugin
	PauseAtRows        int64         // from so many rows on read no message until PausePipe was closed; 0: never
	PausePipe          string        // a named pipe
	PausePace          time.Duration // one message in so long is read in the pause; 0: none
	DumpFolder         string        // where each message of the source is kept; "": nowhere
}

// patterns is a flag with a list separated by commas; an empty list is possible.
type patterns []string

func (p *patterns) String() string { return strings.Join(*p, ",") }

func (p *patterns) Set(text string) error {
	*p = nil
	if text != "" {
		*p = strings.Split(text, ",")
	}
	return nil
}

func parseOptions(verb string, arguments []string, stderr io.Writer) (Options, error) {
	o := Options{
		Registry: managedplugin.RegistryLocal, Tables: patterns{"*"},
		WriteMode: specs.WriteModeOverwriteDeleteStale, PKMode: specs.PKModeDefaultKeys,
	}
	flags := flag.NewFlagSet("client "+verb, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Name, "name", "s3", "name of the source")
	flags.Func("registry", "local (default) or grpc", func(text string) (err error) {
		o.Registry, err = managedplugin.RegistryFromString(text)
		return err
	})
	flags.StringVar(&o.SourcePath, "source-path", "", "the plugin's executable, or its host:port")
	flags.StringVar(&o.SpecFile, "spec", "", "file with the plugin's own spec as JSON")
	flags.Var(&o.Tables, "tables", "patterns of tables, separated by commas")
	flags.Var(&o.SkipTables, "skip-tables", "patterns of tables to skip, separated by commas")
	flags.StringVar(&o.LogLevel, "log-level", "info", "trace, debug, info, warn or error")
	flags.BoolVar(&o.Metrics, "tables-metrics", false, "report what the source says of its tables by OTLP")
	flags.StringVar(&o.OtelTarget, "otel-endpoint", "", "host:port given to the source")

	flags.StringVar(&o.DestinationPath, "destination-path", besideMe("destination"),
		"executable of the destination plugin")
	flags.StringVar(&o.DSN, "dsn", "", "connection string of PostgreSQL")
	flags.Func("write-mode", "overwrite-delete-stale (default), overwrite or append",
		func(text string) (err error) {
			o.WriteMode, err = specs.WriteModeFromString(text)
			return err
		})
	flags.Func("pk-mode", "default or cq-id-only", func(text string) (err error) {
		o.PKMode, err = specs.PKModeFromString(text)
		return err
	})
	flags.BoolVar(&o.MigrateForced, "migrate-forced", false, "migrate_mode: forced")

	flags.StringVar(&o.BackendTable, "backend-table", "", "backend_options.table_name")
	flags.StringVar(&o.BackendConnection, "backend-connection", "",
		"backend_options.connection (default: the destination's)")
	flags.Func("shard", "num/total", func(text string) error {
		o.Shard = &pb.Sync_Request_Shard{}
		_, err := fmt.Sscanf(text, "%d/%d", &o.Shard.Num, &o.Shard.Total)
		return err
	})
	flags.BoolVar(&o.DeterministicCqID, "deterministic-cq-id", false, "deterministic_cq_id: true")

	flags.Int64Var(&o.InterruptAfterRows, "interrupt-after-rows", 0,
		"send SIGINT when so many rows came")
	flags.StringVar(&o.Interrupt, "interrupt", "client", "whom to send SIGINT: client or plugin")
	flags.Int64Var(&o.PauseAtRows, "pause-at-rows", 0, "read no further message when so many rows came")
	flags.StringVar(&o.PausePipe, "pause-pipe", "", "named pipe: the pause lasts until its writer closes it")
	flags.DurationVar(&o.PausePace, "pause-pace", 0, "in the pause, read one message in so long")
	flags.StringVar(&o.DumpFolder, "dump", "", "folder for each Arrow stream the source sends")
	return o, flags.Parse(arguments)
}

func besideMe(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}

// specBytes is the plugin's spec as the CLI encodes it: with sorted keys and <, >, & escaped. In a sync
// the CLI reads numbers as float64, so whole numbers above 2^53 lose digits; elsewhere they are kept.
func (o Options) specBytes(exactNumbers bool) ([]byte, error) {
	value, err := o.specValue(exactNumbers)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func (o Options) specValue(exactNumbers bool) (any, error) {
	if o.SpecFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(o.SpecFile)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if exactNumbers {
		decoder.UseNumber()
	}
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("spec file %s: %w", o.SpecFile, err)
	}
	return value, nil
}

// sourceName is what goes to _cq_source_name.
func (o Options) sourceName() string {
	if o.Shard == nil {
		return o.Name
	}
	return fmt.Sprintf("%s_%d_%d", o.Name, o.Shard.Num, o.Shard.Total)
}
