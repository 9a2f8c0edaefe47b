package job

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// DecodeYAML reads one job written in YAML. The document is turned into JSON
// first and then read as DecodeJSON does, so both accept the same jobs. It
// knows anchors, aliases and merge keys, and of the tags only !!str. It returns
// Faults, with ErrSyntax where the document is not YAML.
func DecodeYAML(data []byte) (*Spec, error) {
	converted, err := yamlToJSON(data)
	if err != nil {
		return nil, err
	}
	return decode(converted.json, converted.line, jsontext.AllowDuplicateNames(false))
}

// yamlToJSON writes a YAML document as JSON, values in their order.
func yamlToJSON(data []byte) (*converted, error) {
	if err := boundYAML(data); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
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

// nonEmpty leaves out documents without content.
func nonEmpty(docs []*ast.DocumentNode) []*ast.DocumentNode {
	var full []*ast.DocumentNode
	for _, doc := range docs {
		if doc.Body != nil && doc.Body.GetToken() != nil {
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
	if token := syntax.GetToken(); token != nil && token.Position != nil {
		line = token.Position.Line
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

// mark says which line of the YAML an offset of the JSON came from.
type mark struct {
	offset int64
	line   int
}

// line is that of the YAML for an offset in the JSON.
func (c *converted) line(offset int64) int {
	after := sort.Search(len(c.marks), func(i int) bool { return c.marks[i].offset > offset })
	if after == 0 {
		return 1
	}
	return c.marks[after-1].line
}

// Limits of a YAML document. They keep aliases of aliases and deep nesting
// from growing a small document without bound.
const (
	maxYAMLBytes  = 128 << 10
	maxYAMLNodes  = 100_000
	maxYAMLDepth  = 50
	maxYAMLResult = 4 << 20
)

// boundYAML refuses what would take the parser, which recurses without a
// limit, too deep or too long.
func boundYAML(data []byte) error {
	if len(data) > maxYAMLBytes {
		return malformed(0, fmt.Sprintf("larger than %d bytes; send it as JSON or make it smaller", maxYAMLBytes))
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

// yamlConverter walks the syntax tree of one document.
type yamlConverter struct {
	out     bytes.Buffer
	enc     *jsontext.Encoder
	anchors map[string]ast.Node
	marks   []mark
	nodes   int
}

// value writes one node and what is below it.
func (c *yamlConverter) value(node ast.Node, depth int) error {
	if err := c.count(node, depth); err != nil {
		return err
	}
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return c.write(node, jsontext.Null)
	case *ast.StringNode:
		return c.text(node, n.Value)
	case *ast.LiteralNode:
		return c.text(node, n.Value.Value)
	case *ast.BoolNode:
		return c.write(node, jsontext.Bool(n.Value))
	case *ast.IntegerNode:
		return c.integer(n)
	case *ast.FloatNode:
		return c.write(node, jsontext.Float(n.Value))
	case *ast.TagNode:
		return c.tagged(n, depth)
	case *ast.AnchorNode:
		c.anchors[n.Name.GetToken().Value] = n.Value
		return c.value(n.Value, depth+1)
	case *ast.AliasNode:
		target, err := c.target(n)
		if err != nil {
			return err
		}
		return c.value(target, depth+1)
	case *ast.SequenceNode:
		return c.sequence(n, depth)
	case *ast.MappingNode:
		return c.mapping(n, n.Values, depth)
	case *ast.MappingValueNode:
		return c.mapping(n, []*ast.MappingValueNode{n}, depth)
	}
	return malformed(lineOf(node), fmt.Sprintf("%s has no counterpart in JSON; write a plain value", node.Type()))
}

// count bounds the size and the depth of the result.
func (c *yamlConverter) count(node ast.Node, depth int) error {
	c.nodes++
	if c.nodes > maxYAMLNodes || c.enc.OutputOffset() > maxYAMLResult {
		return malformed(lineOf(node), "too large once its aliases are followed")
	}
	if depth > maxYAMLDepth {
		return malformed(lineOf(node), fmt.Sprintf("nested deeper than %d levels", maxYAMLDepth))
	}
	return nil
}

// write appends one token and marks where it came from.
func (c *yamlConverter) write(node ast.Node, token jsontext.Token) error {
	c.marks = append(c.marks, mark{offset: c.enc.OutputOffset(), line: lineOf(node)})
	if err := c.enc.WriteToken(token); err != nil {
		return malformed(lineOf(node), "cannot be written as JSON: "+err.Error())
	}
	return nil
}

// text writes a string, which must be UTF-8 as it must be in JSON.
func (c *yamlConverter) text(node ast.Node, value string) error {
	return c.write(node, jsontext.String(value))
}

// integer writes a whole number of any base.
func (c *yamlConverter) integer(n *ast.IntegerNode) error {
	switch value := n.Value.(type) {
	case int64:
		return c.write(n, jsontext.Int(value))
	case uint64:
		return c.write(n, jsontext.Uint(value))
	}
	return malformed(lineOf(n), "not a whole number of 64 bits: "+excerpt(n.Token.Value))
}

// tagged writes a scalar forced to be a string.
func (c *yamlConverter) tagged(n *ast.TagNode, depth int) error {
	scalar, ok := n.Value.(ast.ScalarNode)
	if tag := n.Start.Value; tag != "!!str" || !ok {
		return malformed(lineOf(n), "the tag "+excerpt(tag)+" is not known; leave it out")
	}
	if text, ok := scalar.(*ast.LiteralNode); ok {
		return c.value(text, depth+1)
	}
	return c.text(n, scalar.GetToken().Value)
}

// target is what an alias stands for.
func (c *yamlConverter) target(n *ast.AliasNode) (ast.Node, error) {
	name := n.Value.GetToken().Value
	target, ok := c.anchors[name]
	if !ok {
		return nil, malformed(lineOf(n), "the alias *"+excerpt(name)+" has no anchor before it")
	}
	return target, nil
}

// sequence writes a list.
func (c *yamlConverter) sequence(n *ast.SequenceNode, depth int) error {
	if err := c.write(n, jsontext.BeginArray); err != nil {
		return err
	}
	for _, value := range n.Values {
		if err := c.value(value, depth+1); err != nil {
			return err
		}
	}
	return c.write(n, jsontext.EndArray)
}

// mapping writes an object: its own entries, then those merged into it that it
// does not have itself.
func (c *yamlConverter) mapping(node ast.Node, entries []*ast.MappingValueNode, depth int) error {
	if err := c.write(node, jsontext.BeginObject); err != nil {
		return err
	}
	own := map[string]bool{}
	var merges []ast.Node
	for _, entry := range entries {
		if entry.Key.IsMergeKey() {
			merges = append(merges, entry.Value)
			continue
		}
		if err := c.entry(entry, own, depth); err != nil {
			return err
		}
	}
	for _, from := range merges {
		if err := c.merge(from, own, depth+1); err != nil {
			return err
		}
	}
	return c.write(node, jsontext.EndObject)
}

// entry writes one name and its value.
func (c *yamlConverter) entry(entry *ast.MappingValueNode, own map[string]bool, depth int) error {
	name, err := keyName(entry.Key)
	if err != nil {
		return err
	}
	own[name] = true
	if err := c.text(entry.Key, name); err != nil {
		return err
	}
	return c.value(entry.Value, depth+1)
}

// merge writes the entries of what follows a merge key.
func (c *yamlConverter) merge(from ast.Node, own map[string]bool, depth int) error {
	if err := c.count(from, depth); err != nil {
		return err
	}
	switch n := from.(type) {
	case *ast.AliasNode:
		target, err := c.target(n)
		if err != nil {
			return err
		}
		return c.merge(target, own, depth+1)
	case *ast.SequenceNode:
		for _, each := range n.Values {
			if err := c.merge(each, own, depth+1); err != nil {
				return err
			}
		}
		return nil
	case *ast.MappingNode:
		return c.mergeEntries(n.Values, own, depth)
	case *ast.MappingValueNode:
		return c.mergeEntries([]*ast.MappingValueNode{n}, own, depth)
	}
	return malformed(lineOf(from), "only an object can be merged with <<")
}

// mergeEntries writes the entries whose names are not there yet.
func (c *yamlConverter) mergeEntries(entries []*ast.MappingValueNode, own map[string]bool, depth int) error {
	for _, entry := range entries {
		if entry.Key.IsMergeKey() {
			if err := c.merge(entry.Value, own, depth+1); err != nil {
				return err
			}
			continue
		}
		if name, err := keyName(entry.Key); err != nil || own[name] {
			if err != nil {
				return err
			}
			continue
		}
		if err := c.entry(entry, own, depth); err != nil {
			return err
		}
	}
	return nil
}

// keyName is the name that a key stands for.
func keyName(key ast.MapKeyNode) (string, error) {
	switch n := key.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return strings.TrimSpace(key.GetToken().Value), nil
	}
	return "", malformed(lineOf(key), "a name must be a plain string")
}

// lineOf is the line a node begins at, 0 where it is not known.
func lineOf(node ast.Node) int {
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 0
	}
	return node.GetToken().Position.Line
}
