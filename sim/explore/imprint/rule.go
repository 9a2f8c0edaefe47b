package imprint

import (
	"fmt"
	"reflect"
	"time"
)

// How says in which way a field counts.
type How uint8

// The ways.
const (
	// Plain counts as it is: the way of all fields without a rule.
	Plain How = iota
	// Ignored does not count.
	Ignored
	// Ordered counts by its place among all numbers of its Kind.
	Ordered
	// Named counts by which other names are equal to it.
	Named
	// Future is a time that matters until it has come.
	Future
	// Past is a time of which only matters how long ago it was, up to Within.
	Past
	// Capped is a number that makes no difference from Most on.
	Capped
	// Absolute is a time that counts as it is.
	Absolute
)

// Kind are numbers that are compared with each other.
type Kind uint8

// The kinds. Those of a process are compared with its own only.
const (
	NoKind Kind = iota
	Sequence
	Counter
	Ticket  // of a process
	Session // of a process
)

func (k Kind) own() bool { return k >= Ticket }

// Rule is how a field counts, and why not as it is.
type Rule struct {
	How    How
	Kind   Kind
	Within time.Duration
	Most   uint64
	// Keys holds for the keys of a map; the rest for what is in it.
	Keys *Rule
	Why  string
}

// Rules are by field: "package.Type.field".
type Rules map[string]Rule

// Check returns the names of those that no type reachable from the roots has.
func (r Rules) Check(roots ...reflect.Type) []string {
	known, seen := map[string]bool{}, map[reflect.Type]bool{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		switch t.Kind() { //nolint:exhaustive // The others have no parts.
		case reflect.Struct:
			for f := range t.Fields() {
				known[t.String()+"."+f.Name] = true
				visit(f.Type)
			}
		case reflect.Map:
			visit(t.Key())
			visit(t.Elem())
		case reflect.Pointer, reflect.Slice, reflect.Array:
			visit(t.Elem())
		}
	}
	for _, root := range roots {
		visit(root)
	}
	var missing []string
	for name := range r {
		if !known[name] {
			missing = append(missing, name)
		}
	}
	return missing
}

// String is for messages of tests.
func (r Rule) String() string { return fmt.Sprintf("{%d %d %v %q}", r.How, r.Kind, r.Within, r.Why) }
