// Yamljson prints the YAML documents of stdin as a JSON list, as the CloudQuery CLI reads them.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/ghodss/yaml"
)

var separator = regexp.MustCompile(`(?m)^---.*\n`)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	documents := []json.RawMessage{}
	for _, part := range separator.Split(string(text), -1) {
		if len(bytes.TrimSpace([]byte(part))) == 0 {
			continue
		}
		document, err := yaml.YAMLToJSON([]byte(part))
		if err != nil {
			return err
		}
		if string(document) != "null" {
			documents = append(documents, document)
		}
	}
	return json.NewEncoder(out).Encode(documents)
}
