package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// maxNameBytes is what PostgreSQL keeps of a name.
const maxNameBytes = 63

func shortName(name string) string {
	if len(name) > maxNameBytes {
		return name[:maxNameBytes]
	}
	return name
}

func quoted(name string) string {
	return pgx.Identifier{shortName(name)}.Sanitize()
}

func quotedList(names []string) string {
	result := make([]string, len(names))
	for i, name := range names {
		result[i] = quoted(name)
	}
	return strings.Join(result, ", ")
}
