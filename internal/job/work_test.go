package job

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// TestNamingIsLinear counts the names that are tried: to name groups must not cost
// the square of their number before it is looked at.
func TestNamingIsLinear(t *testing.T) {
	for _, n := range []int{100, 60_000} {
		taken := namer{taken: map[string]bool{"web-3": true, "web-9": true}, next: map[string]int{}}
		for range n {
			taken.name("web")
		}
		if taken.tries > n+2 {
			t.Errorf("%d names took %d tries", n, taken.tries)
		}
	}
}

// TestLinesAreCountedOn, forwards and back.
func TestLinesAreCountedOn(t *testing.T) {
	data := []byte(strings.Repeat("ab\n", 1000))
	line := lineIn(data)
	for _, at := range []int64{0, 2999, 3000, 9999, 5, 4, 3, 2, -1, 1500, 1499, 3000, 0} {
		want := 1 + strings.Count(string(data[:min(max(at, 0), 3000)]), "\n")
		if got := line(at); got != want {
			t.Errorf("offset %d is in line %d, want %d", at, got, want)
		}
	}
}

// TestWarningsAreLinear counts what is done for fields that are none: each is read once,
// and no more of them are held against what was meant than are told.
func TestWarningsAreLinear(t *testing.T) {
	known := newWarner(nil, nil).fieldsOf(reflect.TypeFor[document]()).names
	for _, n := range []int{10, 100, 1000, 60_000} {
		var doc strings.Builder
		doc.WriteString(`{"id":"a"`)
		for i := range n {
			fmt.Fprintf(&doc, ",\n\"imag%d\":1", i)
		}
		doc.WriteString("}")
		data, lines := []byte(doc.String()), 0
		line := lineIn(data)
		w := newWarner(data, func(at int64) int {
			lines++
			return line(at)
		})
		if err := w.value(reflect.TypeFor[document]()); err != nil {
			t.Fatal(err)
		}
		told := min(n, maxFaults+1)
		if len(w.warnings) != told || w.compared != told*len(known) || lines > told+1 {
			t.Errorf("%d fields: %d told, %d names compared, %d lines counted; want %d, %d, %d",
				n, len(w.warnings), w.compared, lines, told, told*len(known), told+1)
		}
	}
}

// BenchmarkManyGroups is what a job of 60,000 groups costs whoever is sent it.
func BenchmarkManyGroups(b *testing.B) {
	doc := []byte(`{"id":"a","tasks":[` + strings.Repeat(`{"role":"web"},`, 59_999) + `{}]}`)
	for b.Loop() {
		spec, err := DecodeJSON(doc)
		if err != nil {
			b.Fatal(err)
		}
		Warnings(doc, "")
		spec.Normalise()
		if spec.Validate(DefaultLimits()) == nil {
			b.Fatal("it is taken")
		}
	}
}
