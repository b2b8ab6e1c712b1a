package client

import "time"

// Summary is what a sync did. Counts are those of the CLI's own summary.
type Summary struct {
	Error      string `json:"error"`       // "" for a sync that the CLI calls completed
	SourceStop string `json:"source_stop"` // "" when the source ended with exit status 0

	SyncTime   time.Time `json:"sync_time"`
	SourceName string    `json:"source_name"`

	Resources         int64            `json:"resources"`
	Errors            uint64           `json:"errors"`
	Warnings          uint64           `json:"warnings"`
	ResourcesPerTable map[string]int64 `json:"resources_per_table"`
	ErrorsPerTable    map[string]int64 `json:"errors_per_table"`

	TableMetrics map[string]map[string]int64 `json:"table_metrics"` // by table and name; with --tables-metrics

	ErrorMessages  []ErrorMessage   `json:"error_messages"` // the texts, which the CLI does not show
	Migrated       []string         `json:"migrated"`       // table names in order of appearance
	DeletedStale   []string         `json:"deleted_stale"`
	Records        int64            `json:"records"`        // insert messages
	LargestRecord  int64            `json:"largest_record"` // rows
	Violations     []string         `json:"violations"`     // of the protocol's rules
	Log            []map[string]any `json:"log"`
	DestinationLog []map[string]any `json:"destination_log"`
}

// ErrorMessage is an `error` message of the source.
type ErrorMessage struct {
	Table string `json:"table"`
	Error string `json:"error"`
}

func newSummary() *Summary {
	return &Summary{
		ResourcesPerTable: map[string]int64{},
		ErrorsPerTable:    map[string]int64{},
		ErrorMessages:     []ErrorMessage{},
		Migrated:          []string{},
		DeletedStale:      []string{},
		Violations:        []string{},
		Log:               []map[string]any{},
		DestinationLog:    []map[string]any{},
	}
}
