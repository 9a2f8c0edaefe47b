package job

import (
	"errors"
	"fmt"
	"sort"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// DecodeYAML reads one job written in YAML. The document is turned into JSON
// first and then read as DecodeJSON does, so both accept the same jobs. It
// knows anchors, aliases and merge keys, and of the tags only !!str. It returns
// Faults, with ErrSyntax where the document is not YAML.
func DecodeYAML(data []byte) (*Spec, error) {
	f, err := newYAMLFile(data)
	if err != nil {
		return nil, err
	}
	return f.Decode()
}

// yamlToJSON writes a YAML document as JSON, values in their order.
func yamlToJSON(data []byte) (*converted, error) {
	data = withoutBOM(data)
	if err := boundYAML(data); err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(string(data))
	if len(tokens) > maxYAMLTokens {
		return nil, malformed(tokens[maxYAMLTokens].Position.Line,
			fmt.Sprintf("has more than %d YAML tokens; send it as JSON or make it smaller", maxYAMLTokens))
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, yamlFault(err)
	}
	docs := nonEmpty(file.Docs)
	if len(docs) > 1 {
		return nil, malformed(docs[1].GetToken().Position.Line, "holds more than one document; send one job at a time")
	}
	c := yamlConverter{anchors: map[string]ast.Node{}}
	c.enc = jsontext.NewEncoder(&c.out, jsontext.AllowDuplicateNames(true))
	if len(docs) == 0 {
		return &converted{json: []byte("null"), marks: []mark{{line: 1}}}, nil
	}
	if err := c.value(docs[0].Body, 0); err != nil {
		return nil, err
	}
	return &converted{json: c.out.Bytes(), marks: c.marks}, nil
}

// nonEmpty leaves out documents without content, and directives such as %YAML,
// which the parser takes for a document of their own.
func nonEmpty(docs []*ast.DocumentNode) []*ast.DocumentNode {
	var full []*ast.DocumentNode
	for _, doc := range docs {
		if doc.Body != nil && doc.Body.GetToken() != nil && doc.Body.Type() != ast.DirectiveType {
			full = append(full, doc)
		}
	}
	return full
}

// yamlFault words an error of the YAML parser.
func yamlFault(err error) error {
	var syntax yaml.Error
	if !errors.As(err, &syntax) {
		return malformed(0, "not valid YAML: "+err.Error())
	}
	line := 0
	if at := syntax.GetToken(); at != nil && at.Position != nil {
		line = at.Position.Line
	}
	return malformed(line, "not valid YAML: "+syntax.GetMessage())
}

// malformed is a fault of the whole document.
func malformed(line int, message string) error {
	return fmt.Errorf("%w: %w", ErrSyntax, Faults{{Message: message, Line: line}})
}

// converted is a YAML document written as JSON.
type converted struct {
	json  []byte
	marks []mark
}

// mark says which line of the YAML an offset of the JSON came from, and from which word.
type mark struct {
	offset int64
	line   int
	word   string
}

// line is that of the YAML for an offset in the JSON.
func (c *converted) line(offset int64) int {
	if m := c.markOf(offset); m != nil {
		return m.line
	}
	return 1
}

// word is what the YAML has for the value at an offset in the JSON, empty for what is no
// plain scalar.
func (c *converted) word(offset int64) string {
	if m := c.markOf(offset); m != nil {
		return m.word
	}
	return ""
}

// markOf is the last one up to an offset: each value has one, which is at most the
// punctuation before it away.
func (c *converted) markOf(offset int64) *mark {
	after := sort.Search(len(c.marks), func(i int) bool { return c.marks[i].offset > offset })
	if after == 0 {
		return nil
	}
	return &c.marks[after-1]
}

// Limits of a YAML document. They keep aliases of aliases and deep nesting
// from growing a small document without bound, and the parser, whose time grows
// with the square of the tokens, below a second or so.
const (
	maxYAMLBytes  = 256 << 10
	maxYAMLTokens = 20_000
	maxYAMLNodes  = 100_000
	maxYAMLDepth  = 50
	maxYAMLResult = 4 << 20
)

// boundYAML refuses what would take the parser, which recurses without a
// limit, too deep or too long, and what is not UTF-8, which it would mend.
func boundYAML(data []byte) error {
	if len(data) > maxYAMLBytes {
		return malformed(0, fmt.Sprintf("larger than %d bytes; send it as JSON or make it smaller", maxYAMLBytes))
	}
	if at := brokenUTF8(data); at >= 0 {
		return malformed(lineIn(data)(int64(at)), "not valid UTF-8; save it as UTF-8")
	}
	line, open, depth := 1, 0, 0
	for at, c := range data {
		switch c {
		case '\n':
			line, depth = line+1, 0
		case '[', '{':
			open++
		case ']', '}':
			open = max(open-1, 0)
		case '-', '?', ':':
			if at+1 < len(data) && (data[at+1] == ' ' || data[at+1] == '\t') {
				depth++
			}
		}
		if open > 20*maxYAMLDepth || depth > 20*maxYAMLDepth {
			return malformed(line, "nested too deeply")
		}
	}
	return nil
}

// brokenUTF8 is where data stops being UTF-8, -1 if it does not.
func brokenUTF8(data []byte) int {
	for at := 0; at < len(data); {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return -1
}
