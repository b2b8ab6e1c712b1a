// Client does to a CloudQuery source plugin what the CloudQuery CLI does, call by call.
package main

import (
	"os"

	"cq-source-s3/tests/client/internal/client"
)

func main() {
	os.Exit(client.Main(os.Args[1:], os.Stdout, os.Stderr))
}
