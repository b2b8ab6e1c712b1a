// Destination is a CloudQuery destination plugin that writes to PostgreSQL.
package main

import (
	"context"
	"log"

	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/serve"

	"cq-source-s3/tests/client/internal/postgres"
)

func main() {
	p := plugin.NewPlugin("postgresql", "development", postgres.New,
		plugin.WithKind("destination"), plugin.WithTeam("tests"))
	if err := serve.Plugin(p).Serve(context.Background()); err != nil {
		log.Fatal(err)
	}
}
