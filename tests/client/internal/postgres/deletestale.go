package postgres

import (
	"context"
	"fmt"

	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// DeleteStaleBatch removes the rows that an earlier sync of the same source left.
func (c *Client) DeleteStaleBatch(ctx context.Context, messages message.WriteDeleteStales) error {
	for _, m := range messages {
		statement := fmt.Sprintf("delete from %s where %s = $1 and %s < $2", quoted(m.TableName),
			quoted(schema.CqSourceNameColumn.Name), quoted(schema.CqSyncTimeColumn.Name))
		if _, err := c.pool.Exec(ctx, statement, m.SourceName, m.SyncTime.UTC()); err != nil {
			return fmt.Errorf("failed to delete stale rows of %s: %w", m.TableName, err)
		}
	}
	return nil
}
