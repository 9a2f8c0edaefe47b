package twin_test

import (
	"reflect"
	"testing"

	"github.com/milosgajdos/taurus/sim/explore/twin"
)

type leaf struct{ n int }

type spec struct{ name string }

type answer interface{ answer() }

type said struct{ words []string }

func (said) answer() {}

func (*leaf) answer() {}

type tree struct {
	number  int
	leaf    *leaf
	byName  map[string]*leaf
	byPlace map[leaf]leaf
	ordered []*leaf
	plain   []string
	spec    *spec
	told    answer
	telling answer
	pair    [2]*leaf
	self    *tree
	out     []int
	empty   map[string]int
	err     error
	do      func()
}

func made() *tree {
	l := &leaf{1}
	t := &tree{
		number: 1, leaf: l, byName: map[string]*leaf{"l": l, "m": {2}}, byPlace: map[leaf]leaf{{1}: {2}},
		ordered: []*leaf{l}, plain: []string{"a"}, spec: &spec{"s"}, told: said{[]string{"x"}}, telling: l,
		pair: [2]*leaf{l, nil}, out: []int{1}, empty: map[string]int{},
	}
	t.self = t
	return t
}

func maker() *twin.Maker {
	return twin.New([]reflect.Type{reflect.TypeFor[*spec]()}, []string{"twin_test.tree.out"})
}

func TestCopyIsEqual(t *testing.T) {
	from := made()
	to := twin.Of(maker(), from)
	from.out = nil // It is dropped.
	if !reflect.DeepEqual(from, to) {
		t.Errorf("%+v is copied as %+v", from, to)
	}
	if to.empty == nil || to.do != nil || to.err != nil {
		t.Error("what is empty is nil, or the other way round")
	}
}

func TestCopyIsItsOwn(t *testing.T) {
	from := made()
	to := twin.Of(maker(), from)
	to.leaf.n, to.byName["m"].n, to.plain[0], to.told.(said).words[0] = 8, 9, "b", "y"
	to.byPlace[leaf{1}], to.empty["x"], to.ordered[0] = leaf{7}, 1, nil
	to.out = made().out
	if want := made(); !reflect.DeepEqual(from, want) {
		t.Errorf("the original became %+v", from)
	}
}

func TestCopyKeepsWhatIsOne(t *testing.T) {
	from := made()
	to := twin.Of(maker(), from)
	l := to.leaf
	if l == from.leaf || l != to.byName["l"] || l != to.ordered[0] || l != to.telling.(*leaf) || l != to.pair[0] || to.self != to {
		t.Error("two pointers to one thing became pointers to two")
	}
	if to.spec != from.spec {
		t.Error("what is shared was copied")
	}
}

func TestFunctionsAreRefused(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a function was copied")
		}
	}()
	from := made()
	from.do = func() {}
	twin.Of(maker(), from)
}
