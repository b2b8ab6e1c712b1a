// Testsource is a CloudQuery source plugin made with CloudQuery's own Go SDK. It is there to test the
// client and the destination without the plugin they are meant for.
package main

import (
	"context"
	"log"

	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/serve"

	"cq-source-s3/tests/client/internal/testsource"
)

func main() {
	p := plugin.NewPlugin("testsource", "v1.2.3", testsource.New,
		plugin.WithKind("source"), plugin.WithTeam("tests"),
		plugin.WithJSONSchema(testsource.JSONSchema),
		plugin.WithConnectionTester(testsource.TestConnection))
	if err := serve.Plugin(p).Serve(context.Background()); err != nil {
		log.Fatal(err)
	}
}
