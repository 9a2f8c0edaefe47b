package events_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/pkg/events"
)

// sealed lists the types that implement Event, out of the source.
func sealed(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "event" {
				names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// TestRegistryIsComplete: every event of the sealed set is registered under its
// own name, and has a sample, so that no test here can overlook one.
func TestRegistryIsComplete(t *testing.T) {
	var sampled, types []string
	for _, s := range samples() {
		sampled = append(sampled, reflect.TypeOf(s.event).Name())
		types = append(types, s.event.Type())
		m, err := events.Encode(s.subject, s.env, s.event)
		if err != nil {
			t.Fatal(err)
		}
		_, ev, err := events.Decode(m)
		if err != nil || reflect.TypeOf(ev) != reflect.TypeOf(s.event) {
			t.Errorf("%s decodes as %T (%v)", s.event.Type(), ev, err)
		}
	}
	sampled = append(sampled, "Unknown")
	slices.Sort(sampled)
	slices.Sort(types)
	if all := sealed(t); !slices.Equal(all, sampled) {
		t.Errorf("events in the source %v\nwith samples %v", all, sampled)
	}
	if !slices.Equal(types, events.KnownTypes()) {
		t.Errorf("types of the samples %v\nin the registry %v", types, events.KnownTypes())
	}
	if unique := slices.Compact(slices.Clone(types)); len(unique) != len(types) {
		t.Errorf("a type name is used twice: %v", types)
	}
}

// TestTypeNames: taurus.<aggregate>.<what happened>.v<major>, as the subject says.
func TestTypeNames(t *testing.T) {
	form := regexp.MustCompile(`^taurus\.(job|plan|task|kill|launcher|agents|access|offers|why|audit|log)\.[a-z_]+\.v[1-9][0-9]*$`)
	for _, s := range samples() {
		parts := form.FindStringSubmatch(s.event.Type())
		if parts == nil {
			t.Errorf("%s has not the form of a type", s.event.Type())
			continue
		}
		subject, err := events.ParseSubject(s.subject)
		if err != nil {
			t.Fatal(err)
		}
		aggregate := string(subject.Role)
		switch subject.Role {
		case events.RoleLauncher:
			aggregate = "launcher"
		case events.RoleSeal:
			aggregate = "log"
		default: // The others are called by their subjects.
		}
		if aggregate != parts[1] {
			t.Errorf("%s stands on a subject of role %s", s.event.Type(), subject.Role)
		}
		if role := events.RoleOf(s.event); role != subject.Role {
			t.Errorf("%s is of role %q, and stands on a subject of %s", s.event.Type(), role, subject.Role)
		}
	}
}
