package job

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

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
		return c.plain(n)
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
	return malformed(lineOf(node), noCounterpart(node))
}

// noCounterpart says what is wrong with what YAML has and JSON has not.
func noCounterpart(node ast.Node) string {
	switch node.(type) {
	case *ast.InfinityNode, *ast.NanNode:
		word := strings.TrimSpace(node.GetToken().Value)
		return fmt.Sprintf("%s is a number that JSON does not have; write %s if it is text", word, quote(word))
	}
	return fmt.Sprintf("%s has no counterpart in JSON; write a plain value", node.Type())
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
func (c *yamlConverter) write(node ast.Node, value jsontext.Token) error {
	c.mark(node)
	if err := c.enc.WriteToken(value); err != nil {
		return malformed(lineOf(node), "cannot be written as JSON: "+err.Error())
	}
	return nil
}

// plain writes a string, or the number that it is without quotes: the parser
// takes numbers such as 1e+30 for strings.
func (c *yamlConverter) plain(n *ast.StringNode) error {
	raw := jsontext.Value(n.Value)
	if n.Token.Type != token.StringType || raw.Kind() != '0' || !raw.IsValid() {
		return c.text(n, n.Value)
	}
	c.mark(n)
	return c.enc.WriteValue(raw)
}

// mark notes where what is written next came from.
func (c *yamlConverter) mark(node ast.Node) {
	c.marks = append(c.marks, mark{offset: c.enc.OutputOffset(), line: lineOf(node), word: plainWord(node)})
}

// plainWord is a scalar without quotes as it was written: what becomes of it as a number
// is often not what was meant, and never what its author looks for.
func plainWord(node ast.Node) string {
	switch n := node.(type) {
	case *ast.StringNode:
		if n.Token.Type != token.StringType {
			return ""
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
	default:
		return ""
	}
	return strings.TrimSpace(node.GetToken().Value)
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
