package client

import (
	"fmt"
	"os"
	"path/filepath"
)

// dumper keeps the Arrow streams that a source sends, numbered in order: 000001.migrate.arrow, …
type dumper struct {
	folder string
	count  int
}

func (d *dumper) write(kind string, bytes []byte) error {
	if d.folder == "" {
		return nil
	}
	d.count++
	name := fmt.Sprintf("%06d.%s.arrow", d.count, kind)
	return os.WriteFile(filepath.Join(d.folder, name), bytes, 0o644)
}
