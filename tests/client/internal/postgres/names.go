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

// keyName is the name of a table's primary key; cut so that it differs from the table's.
func keyName(table string) string {
	const suffix = "_cqpk"
	if len(table) > maxNameBytes-len(suffix) {
		table = table[:maxNameBytes-len(suffix)]
	}
	return table + suffix
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
