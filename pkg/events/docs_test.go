package events_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/pkg/events"
)

// section is what docs/events.md says under one heading of the third level.
type section struct {
	typeName, role, kind, writer string
	fields                       map[string]string // field: type
}

var (
	docRow   = regexp.MustCompile("^\\| `([a-z_-]+)` \\| (.+?) \\|")
	docIntro = regexp.MustCompile("^`(taurus\\.[a-z_.0-9]+)` on `([a-z]+)`: a (fact|decision) of the ([a-z]+)")
)

func docSections(t *testing.T) (sections map[string]*section, headers map[string]string) {
	t.Helper()
	data, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	sections, headers = map[string]*section{}, map[string]string{}
	var current *section
	inHeaders := false
	for line := range strings.Lines(string(data)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			current, inHeaders = nil, strings.TrimSpace(title) == "Headers"
		}
		if title, ok := strings.CutPrefix(line, "### "); ok {
			current = &section{fields: map[string]string{}}
			sections[strings.TrimSpace(title)] = current
		}
		row := docRow.FindStringSubmatch(line)
		switch {
		case inHeaders && row != nil:
			headers[row[1]] = row[2]
		case current == nil:
		case row != nil:
			current.fields[row[1]] = row[2]
		default:
			if intro := docIntro.FindStringSubmatch(line); intro != nil {
				current.typeName, current.role, current.kind, current.writer = intro[1], intro[2], intro[3], intro[4]
			}
		}
	}
	return sections, headers
}

// docType is the type of a field as the page names it.
func docType(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Time]():
		return "time"
	case reflect.TypeFor[[]byte]():
		return "string in base64"
	case reflect.TypeFor[jsontext.Value]():
		return "object"
	}
	switch t.Kind() { //nolint:exhaustive // What events do not use yet has no name.
	case reflect.Pointer:
		return docType(t.Elem())
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int64, reflect.Uint32, reflect.Uint64, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array of " + plural(docType(t.Elem()))
	case reflect.Map:
		return "object of " + plural(docType(t.Elem()))
	case reflect.Struct:
		return t.Name()
	}
	return "unnamed " + t.String()
}

func plural(name string) string {
	if name == "string" || name == "number" {
		return name + "s"
	}
	return name
}

// codeFields are the JSON members of a type, and the types of its parts.
func codeFields(t *testing.T, typ reflect.Type, parts map[string]reflect.Type) map[string]string {
	t.Helper()
	fields := map[string]string{}
	for f := range typ.Fields() {
		if f.Anonymous {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			t.Errorf("%s.%s has no JSON name", typ.Name(), f.Name)
		}
		fields[name] = docType(f.Type)
		if strings.Contains(options, "omit") {
			fields[name] += ", optional"
		}
		part := f.Type
		for part.Kind() == reflect.Slice || part.Kind() == reflect.Pointer {
			part = part.Elem()
		}
		if part.Kind() == reflect.Struct && part != reflect.TypeFor[time.Time]() {
			parts[part.Name()] = part
		}
	}
	return fields
}

// TestDocsNameEveryEvent and nothing else: types, subjects, fields.
func TestDocsNameEveryEvent(t *testing.T) {
	documented, _ := docSections(t)
	writers := map[events.Role]string{
		events.RoleJob: "api", events.RolePlan: "planner", events.RoleTask: "launcher", events.RoleKill: "reaper",
		events.RoleLauncher: "launcher", events.RoleWhy: "launcher", events.RoleOffers: "launcher", events.RoleSeal: "planner", events.RoleLog: "operator", events.RoleAgents: "api",
		events.RoleAccess: "api", events.RoleAudit: "api",
	}
	parts := map[string]reflect.Type{}
	check := func(name string, fields map[string]string) *section {
		s := documented[name]
		if s == nil {
			t.Errorf("docs/events.md: %s is missing", name)
			return &section{}
		}
		delete(documented, name)
		if !maps.Equal(s.fields, fields) {
			t.Errorf("docs/events.md: %s has %v\nthe code %v", name, s.fields, fields)
		}
		return s
	}
	for _, sample := range samples() {
		typ := reflect.TypeOf(sample.event)
		s := check(typ.Name(), codeFields(t, typ, parts))
		subject, err := events.ParseSubject(sample.subject)
		if err != nil {
			t.Fatal(err)
		}
		want := section{typeName: sample.event.Type(), role: string(subject.Role), kind: "decision", writer: writers[subject.Role]}
		switch sample.event.(type) {
		case events.TaskStatusChanged, events.VerdictChanged, events.AgentsOffered, events.RequestAnswered, events.TokenUsed, events.AgentUnavailable, events.TasksListed:
			want.kind = "fact"
		default: // Everything else is decided.
		}
		s.fields = nil
		if !reflect.DeepEqual(*s, want) {
			t.Errorf("docs/events.md: %s is %+v, want %+v", typ.Name(), *s, want)
		}
	}
	for seen := map[string]bool{}; len(seen) < len(parts); { // Parts have parts.
		for name, typ := range maps.Clone(parts) {
			if !seen[name] {
				seen[name] = true
				check(name, codeFields(t, typ, parts))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(documented)) {
		t.Errorf("docs/events.md: %s is not in the code", name)
	}
}

// TestDocsNameEveryHeader that the code has a constant for, and nothing else.
func TestDocsNameEveryHeader(t *testing.T) {
	_, documented := docSections(t)
	file, err := parser.ParseFile(token.NewFileSet(), "envelope.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var inCode []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Header") {
			return true
		}
		name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		inCode = append(inCode, name)
		return true
	})
	slices.Sort(inCode)
	if inDocs := slices.Sorted(maps.Keys(documented)); !slices.Equal(inDocs, inCode) {
		t.Errorf("docs/events.md: headers %v\nthe code has %v", inDocs, inCode)
	}
}

// TestDocsNameEverySubject as the builders make them.
func TestDocsNameEverySubject(t *testing.T) {
	data, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	space, job := events.NewSpace(0), "batch/web"
	p := fmt.Sprint(space.Partition(job))
	for role, subject := range map[events.Role]string{
		events.RoleJob: space.Job(job), events.RolePlan: space.Plan(job), events.RoleTask: space.Task(job, 4),
		events.RoleKill: space.Kill(job), events.RoleLauncher: space.Launcher(4), events.RoleWhy: space.Why(job),
		events.RoleSeal: events.SealSubject, events.RoleLog: events.LogSubject, events.RoleAgents: events.AgentsSubject,
		events.RoleAccess: events.AccessSubject, events.RoleAudit: events.AuditDone,
	} {
		form := strings.NewReplacer("."+p+".", ".<p>.", "batch=2Fweb", "<job>", "launcher.4", "launcher.<shard>").Replace(subject)
		form = strings.Replace(form, "<job>.4", "<job>.<slot>", 1)
		if row := fmt.Sprintf("| %s | `%s` |", role, form); !strings.Contains(string(data), row) {
			t.Errorf("docs/events.md has no row %s", row)
		}
	}
}
