// Package client does to a CloudQuery source plugin what the CloudQuery CLI does: it starts it with the
// CLI's own code (managedplugin), makes the same calls in the same order, and reports as JSON what came.
package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// command runs one verb; its report is printed whether it fails or not.
type command func(ctx context.Context, options Options) (report any, err error)

var commands = map[string]command{
	"sync":            syncCommand,
	"tables":          tablesCommand,
	"migrate":         migrateCommand,
	"test-connection": testConnectionCommand,
	"validate-config": validateConfigCommand,
}

// Main returns the exit status: 0, 1 when the command failed, 2 for wrong usage.
func Main(arguments []string, stdout, stderr io.Writer) int {
	if len(arguments) == 0 || commands[arguments[0]] == nil {
		names := slices.Sorted(maps.Keys(commands))
		fmt.Fprintf(stderr, "usage: client %s [flags]\n", strings.Join(names, "|"))
		return 2
	}
	options, err := parseOptions(arguments[0], arguments[1:], stderr)
	if err != nil {
		return 2
	}
	// As in the CLI, a signal cancels the context, and with it the plugins are killed at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := commands[arguments[0]](ctx, options)
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	if encodeErr := encoder.Encode(report); encodeErr != nil {
		fmt.Fprintln(stderr, encodeErr)
		return 1
	}
	if err != nil {
		fmt.Fprintln(stderr, "Error:", err)
		return 1
	}
	return 0
}
