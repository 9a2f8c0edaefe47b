package job

import (
	"bytes"
	_ "embed"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of a job, for documentation and
// editors. Validate is what decides: it also checks what a schema cannot say,
// and it takes what a schema cannot allow, such as names of another case.
func Schema() []byte { return bytes.Clone(schema) }
