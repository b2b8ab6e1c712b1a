package client

import (
	"encoding/json"
	"sync"

	"github.com/rs/zerolog"
)

// logCapture keeps the log lines that the CLI would write to its log file for a plugin.
type logCapture struct {
	logger zerolog.Logger
	mutex  sync.Mutex
	lines  []map[string]any
}

func newLogCapture(level string) (*logCapture, error) {
	parsed, err := zerolog.ParseLevel(level)
	if err != nil {
		return nil, err
	}
	capture := &logCapture{}
	capture.logger = zerolog.New(capture).Level(parsed)
	return capture, nil
}

// Write takes one line of zerolog.
func (c *logCapture) Write(line []byte) (int, error) {
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		return 0, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.lines = append(c.lines, fields)
	return len(line), nil
}

func (c *logCapture) all() []map[string]any {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return append([]map[string]any{}, c.lines...)
}
