package job

import "github.com/goccy/go-yaml/ast"

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
