// Package postgres is a CloudQuery destination that writes to PostgreSQL as CloudQuery's own does:
// the same column types, the same migrations, upserts when a record's schema has a primary key.
package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/writers/mixedbatchwriter"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
)

// Spec is the destination's own spec.
type Spec struct {
	ConnectionString string `json:"connection_string"`
	BatchSize        int64  `json:"batch_size"` // rows; 0 means the default
}

const (
	defaultBatchSize = 10_000
	batchSizeBytes   = 100 << 20
)

// Client is one session: from Init to Close.
type Client struct {
	plugin.UnimplementedSource
	logger zerolog.Logger
	pool   *pgxpool.Pool
	writer *mixedbatchwriter.MixedBatchWriter
}

// New is the plugin's Init.
func New(ctx context.Context, logger zerolog.Logger, specBytes []byte,
	options plugin.NewClientOptions) (plugin.Client, error) {
	client := &Client{logger: logger}
	if options.NoConnection {
		return client, nil
	}
	spec := Spec{BatchSize: defaultBatchSize}
	if err := json.Unmarshal(specBytes, &spec); err != nil {
		return nil, fmt.Errorf("invalid spec: %w", err)
	}
	if spec.ConnectionString == "" {
		return nil, errors.New("connection_string is required")
	}
	var err error
	if client.pool, err = pgxpool.New(ctx, spec.ConnectionString); err != nil {
		return nil, fmt.Errorf("invalid connection_string: %w", err)
	}
	if err := client.pool.Ping(ctx); err != nil {
		return nil, fmt.Errorf("failed to connect to PostgreSQL: %w", err)
	}
	client.writer, err = mixedbatchwriter.New(client, mixedbatchwriter.WithLogger(logger),
		mixedbatchwriter.WithBatchSize(spec.BatchSize),
		mixedbatchwriter.WithBatchSizeBytes(batchSizeBytes))
	return client, err
}

// Write stores what comes until the channel is closed; several may run at once.
func (c *Client) Write(ctx context.Context, messages <-chan message.WriteMessage) error {
	return c.writer.Write(ctx, messages)
}

// DeleteRecordsBatch is not supported: a source of files deletes nothing by itself.
func (*Client) DeleteRecordsBatch(context.Context, message.WriteDeleteRecords) error {
	return fmt.Errorf("DeleteRecord: %w", plugin.ErrNotImplemented)
}

// Close ends the session.
func (c *Client) Close(context.Context) error {
	if c.pool != nil {
		c.pool.Close()
		c.pool = nil
	}
	return nil
}
