package job_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
)

func TestExamplesAreValid(t *testing.T) {
	for name, data := range exampleFiles(t) {
		t.Run(name, func(t *testing.T) {
			spec, err := job.Decode(data, contentType(name))
			if err != nil {
				t.Fatal(err)
			}
			if err := spec.Validate(job.DefaultLimits()); err != nil {
				t.Error(err)
			}
			if warnings := job.Warnings(data, contentType(name)); len(warnings) > 0 {
				t.Error(warnings)
			}
		})
	}
}

// TestTheOriginalsFileIsReadWhole checks every field of the original's file.
func TestTheOriginalsFileIsReadWhole(t *testing.T) {
	want := &job.Spec{ID: "taurusjob", Tasks: []job.Group{{
		Cluster: "MyCluster", Environment: "prod", Role: "web", Replicas: 4,
		Container: &job.Container{Image: "nginx"}, Resources: &job.Resources{CPU: 1, Memory: 128},
	}}}
	for name, decode := range map[string]func([]byte) (*job.Spec, error){
		"json": job.DecodeJSON, "legacy": job.DecodeLegacy, "yaml": job.DecodeYAML,
	} {
		got, err := decode(exampleFiles(t)["job.json"])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestTheOriginalsRulesHold: what encoding/json let the original read is read
// on every route.
func TestTheOriginalsRulesHold(t *testing.T) {
	const want = `{"id":"a","tasks":[{"replicas":2,"container":{"image":"x"}}]}`
	cases := []struct{ name, sent string }{
		{"as it is", want},
		{"any case", `{"ID":"a","Tasks":[{"REPLICAS":2,"Container":{"Image":"x"}}]}`},
		{"unknown fields", `{"id":"a","more":{"x":[1]},"tasks":[{"replicas":2,"container":{"image":"x","y":null}}]}`},
		{"job_state is ignored", `{"id":"a","job_state":3,"tasks":[{"replicas":2,"container":{"image":"x"}}]}`},
		{"whatever its type", `{"id":"a","job_state":"x","tasks":[{"replicas":2,"container":{"image":"x"}}]}`},
		{"null is absent", `{"id":"a","kind":null,"tasks":[{"role":null,"priority":null,"env":null,"restart":null,` +
			`"kill_grace":null,"replicas":2,"resources":null,"container":{"image":"x","command":null,"force_pull":null}}]}`},
		{"one task, the oldest form", `{"id":"a","task":{"replicas":2,"container":{"image":"x"}}}`},
		{"whole numbers with a point", `{"id":"a","tasks":[{"replicas":2.0,"container":{"image":"x"}}]}`},
	}
	for _, c := range cases {
		for name, decode := range map[string]func([]byte) (*job.Spec, error){
			"json": job.DecodeJSON, "legacy": job.DecodeLegacy, "yaml": job.DecodeYAML,
		} {
			spec, err := decode([]byte(c.sent))
			if err != nil {
				t.Errorf("%s, %s: %v", c.name, name, err)
				continue
			}
			if got := string(encode(t, spec)); got != want {
				t.Errorf("%s, %s: %s", c.name, name, got)
			}
		}
	}
}

// TestLegacyTakesWhatTheOriginalTook and the current routes refuse.
func TestLegacyTakesWhatTheOriginalTook(t *testing.T) {
	for _, sent := range []string{
		`{"id":"a"} trailing`, `{"id":"a"}{"id":"b"}`, `{"id":"b","id":"a"}`, `{"id":"b","ID":"a"}`, "{\"id\":\"a\",\"x\":\"\xff\"}",
	} {
		spec, err := job.DecodeLegacy([]byte(sent))
		if err != nil || spec.ID != "a" {
			t.Errorf("%q: %+v, %v", sent, spec, err)
		}
		if _, err := job.DecodeJSON([]byte(sent)); !errors.Is(err, job.ErrSyntax) {
			t.Errorf("%q: %v", sent, err)
		}
	}
}

// TestLegacyFaultsNameTheLine also where blank lines come first.
func TestLegacyFaultsNameTheLine(t *testing.T) {
	_, err := job.DecodeLegacy([]byte("\n\n{\n\"id\": 5}"))
	var faults job.Faults
	if !errors.As(err, &faults) || faults[0].Path != "id" || faults[0].Line != 4 {
		t.Error(err)
	}
}

// TestFilesOfEditors begin with a byte order mark, or with a YAML directive.
func TestFilesOfEditors(t *testing.T) {
	for _, c := range []struct{ contentType, sent string }{
		{"application/json", "\ufeff{\"id\":\"a\",\"x\":1}"},
		{"application/yaml", "\ufeffid: a\nx: 1\n"},
		{"application/yaml", "%YAML 1.2\n---\nid: a\nx: 1\n...\n"},
	} {
		spec, err := job.Decode([]byte(c.sent), c.contentType)
		if err != nil || spec.ID != "a" {
			t.Errorf("%q: %+v, %v", c.sent, spec, err)
		}
		if w := job.Warnings([]byte(c.sent), c.contentType); len(w) != 1 || w[0].Path != "x" {
			t.Errorf("%q: warnings %v", c.sent, w)
		}
	}
}

// TestBug20CommandKeepsItsFirstElement: the original dropped the first of two
// or more.
func TestBug20CommandKeepsItsFirstElement(t *testing.T) {
	cases := []struct {
		sent string
		want job.Command
	}{
		{`["sleep"]`, job.Command{Args: []string{"sleep"}}},
		{`["sleep", "60"]`, job.Command{Args: []string{"sleep", "60"}}},
		{`"sleep 60"`, job.Command{Shell: "sleep 60"}},
		{`""`, job.Command{}},
	}
	for _, c := range cases {
		spec, err := job.DecodeJSON([]byte(`{"tasks":[{"container":{"command":` + c.sent + `}}]}`))
		if err != nil {
			t.Fatalf("%s: %v", c.sent, err)
		}
		if got := spec.Tasks[0].Container.Command; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", c.sent, got)
		}
	}
}

func TestDurations(t *testing.T) {
	cases := []struct{ sent, want string }{
		{`"10s"`, "10s"},
		{`"1m30s"`, "1m30s"},
		{`"60m"`, "1h"},
		{`"61m"`, "1h1m"},
		{`"3601s"`, "1h0m1s"},
		{`"-3s"`, "-3s"},
		{`10`, "10s"},
		{`1.5`, "1.5s"},
		{`0`, "0s"},
		{`null`, "0s"},
	}
	for _, c := range cases {
		spec, err := job.DecodeJSON([]byte(`{"tasks":[{"kill_grace":` + c.sent + `}]}`))
		if err != nil {
			t.Fatalf("%s: %v", c.sent, err)
		}
		if got := spec.Tasks[0].KillGrace.String(); got != c.want {
			t.Errorf("%s: %s, not %s", c.sent, got, c.want)
		}
	}
}

// TestTypeFaults has a value of a wrong type for every type of the spec.
func TestTypeFaults(t *testing.T) {
	const whole = "must be a whole number from 0 to 4294967295, not "
	const object = "must be an object in braces, not "
	const list = "must be a list in brackets, not "
	const duration = `must be a duration such as "10s" or "1m30s", or a number of seconds, not `
	cases := []struct{ sent, path, message string }{
		{`[1]`, "", "a job must be an object in braces, not [1]"},
		{`null`, "", "a job must be an object in braces, not null"},
		{`{"id":7}`, "id", `must be a string; write "7"`},
		{`{"kind":true}`, "kind", `must be the string "service", "batch" or "periodic", not true`},
		{`{"labels":["a"]}`, "labels", `must be an object of strings, not ["a"]`},
		{`{"labels":{"0":1}}`, "labels.0", `must be a string; write "1"`},
		{`{"tasks":{}}`, "tasks", list + "{}"},
		{`{"tasks":["x"]}`, "tasks[0]", object + `"x"`},
		{`{"task":1}`, "task", object + `1`},
		{`{"tasks":[{"replicas":-1}]}`, "tasks[0].replicas", whole + "-1"},
		{`{"tasks":[{"replicas":1.5}]}`, "tasks[0].replicas", whole + "1.5"},
		{`{"tasks":[{"replicas":4294967296}]}`, "tasks[0].replicas", whole + "4294967296"},
		{`{"tasks":[{"replicas":"4"}]}`, "tasks[0].replicas", whole + `"4"`},
		{`{"tasks":[{},{"env":{"A B":null,"C.D":false}}]}`, `tasks[1].env["C.D"]`, `must be a string; write "false"`},
		{`{"tasks":[{"container":"nginx"}]}`, "tasks[0].container", object + `"nginx"`},
		{`{"tasks":[{"container":{"command":5}}]}`, "tasks[0].container.command", `must be a list of arguments such as ["sleep", "60"], or a shell line as a string, not 5`},
		{`{"tasks":[{"container":{"command":["a",5]}}]}`, "tasks[0].container.command[1]", `must be a string; write "5"`},
		{`{"tasks":[{"container":{"volumes":{}}}]}`, "tasks[0].container.volumes", list + "{}"},
		{`{"tasks":[{"container":{"volumes":["/a:/b"]}}]}`, "tasks[0].container.volumes[0]", object + `"/a:/b"`},
		{`{"tasks":[{"container":{"force_pull":"yes"}}]}`, "tasks[0].container.force_pull", `must be true or false, without quotes; write true`},
		{`{"tasks":[{"container":{"parameters":1}}]}`, "tasks[0].container.parameters", list + "1"},
		{`{"tasks":[{"container":{"parameters":[1]}}]}`, "tasks[0].container.parameters[0]", object + "1"},
		{`{"tasks":[{"resources":[]}]}`, "tasks[0].resources", object + "[]"},
		{`{"tasks":[{"resources":{"cpu":"1"}}]}`, "tasks[0].resources.cpu", `must be a number such as 0.5, not "1"`},
		{`{"tasks":[{"resources":{"memory":1e999}}]}`, "tasks[0].resources.memory", "must be a number such as 0.5, not 1e999"},
		{`{"tasks":[{"ports":8080}]}`, "tasks[0].ports", list + "8080"},
		{`{"tasks":[{"ports":[8080]}]}`, "tasks[0].ports[0]", object + "8080"},
		{`{"tasks":[{"health_check":true}]}`, "tasks[0].health_check", object + "true"},
		{`{"tasks":[{"health_check":{"interval":"10"}}]}`, "tasks[0].health_check.interval", duration + `"10"`},
		{`{"success":0}`, "success", `must be "all", "any" or a whole number from 1, not 0`},
		{`{"success":1.5}`, "success", `must be "all", "any" or a whole number from 1, not 1.5`},
		{`{"success":"most"}`, "success", `must be "all", "any" or a whole number from 1, not "most"`},
		{`{"success":["all"]}`, "success", `must be "all", "any" or a whole number from 1, not ["all"]`},
		{`{"success":-1}`, "success", `must be "all", "any" or a whole number from 1, not -1`},
		{`{"success":1e10}`, "success", `must be "all", "any" or a whole number from 1, not 1e10`},
		{`{"time_limit":"soon"}`, "time_limit", duration + `"soon"`},
		{`{"keep_for":true}`, "keep_for", duration + `true`},
		{`{"tasks":[{"kill_grace":""}]}`, "tasks[0].kill_grace", duration + `""`},
		{`{"tasks":[{"kill_grace":1e10}]}`, "tasks[0].kill_grace", duration + `1e10`},
		{`{"tasks":[{"unreachable":{"replace_after":"ever"}}]}`, "tasks[0].unreachable.replace_after", `must be a duration such as "10m", a number of seconds, or "never", not "ever"`},
		{`{"tasks":[{"unreachable":"never"}]}`, "tasks[0].unreachable", `must be an object in braces, not "never"`},
		{`{"tasks":[{"kill_grace":[1]}]}`, "tasks[0].kill_grace", duration + `[1]`},
		{`{"tasks":[{"constraints":{}}]}`, "tasks[0].constraints", list + "{}"},
		{`{"tasks":[{"constraints":[["a","UNIQUE"]]}]}`, "tasks[0].constraints[0]", object + `["a","UNIQUE"]`},
		{`{"tasks":[{"affinities":{}}]}`, "tasks[0].affinities", list + "{}"},
		{`{"tasks":[{"affinities":["ssd"]}]}`, "tasks[0].affinities[0]", object + `"ssd"`},
		{`{"tasks":[{"affinities":[{"weight":"5"}]}]}`, "tasks[0].affinities[0].weight", `must be a whole number such as 50 or -50, not "5"`},
		{`{"tasks":[{"affinities":[{"weight":0.5}]}]}`, "tasks[0].affinities[0].weight", `must be a whole number such as 50 or -50, not 0.5`},
		{`{"tasks":[{"spread":"rack"}]}`, "tasks[0].spread", list + `"rack"`},
		{`{"tasks":[{"spread":[[]]}]}`, "tasks[0].spread[0]", object + "[]"},
		{`{"tasks":[{"spread":[{"targets":["r1"]}]}]}`, "tasks[0].spread[0].targets", `must be an object of whole numbers, not ["r1"]`},
		{`{"tasks":[{"spread":[{"targets":{"r1":-5}}]}]}`, "tasks[0].spread[0].targets.r1", "must be a whole number from 0 to 4294967295, not -5"},
		{`{"tasks":[{"restart":"always"}]}`, "tasks[0].restart", object + `"always"`},
		{`{"tasks":[{"uris":"http://x"}]}`, "tasks[0].uris", list + `"http://x"`},
		{`{"tasks":[{"uris":["http://x"]}]}`, "tasks[0].uris[0]", object + `"http://x"`},
		{`{"tasks":[{"uris":[{"extract":0}]}]}`, "tasks[0].uris[0].extract", "must be true or false, without quotes, not 0"},
		{`{"tasks":[{}],"task":{}}`, "task", "give either task or tasks, not both"},
		{`{"id":["` + strings.Repeat("é", 50) + `"]}`, "id", `must be a string in quotes, not ["` + strings.Repeat("é", 29) + `...`},
	}
	for _, c := range cases {
		_, err := job.DecodeJSON([]byte(c.sent))
		var faults job.Faults
		if !errors.As(err, &faults) || len(faults) != 1 || errors.Is(err, job.ErrSyntax) {
			t.Errorf("%s: %v", c.sent, err)
			continue
		}
		if faults[0].Path != c.path || faults[0].Message != c.message {
			t.Errorf("%s:\n got %s\nwant %s: %s", c.sent, faults[0], c.path, c.message)
		}
	}
}

// TestAllTypeFaultsAtOnce, each with its line, in both formats.
func TestAllTypeFaultsAtOnce(t *testing.T) {
	const asJSON = `{
  "id": 1,
  "tasks": [
    {"replicas": -1,
     "resources": [
       1
     ],
     "env": {"A": 1}}
  ]
}`
	const asYAML = `
id: 1
tasks:
- replicas: -1
  resources:
  - 1

  env:
    A: 1
`
	for name, c := range map[string]struct {
		sent  string
		lines []int
	}{"application/json": {asJSON, []int{2, 4, 5, 8}}, "application/yaml": {asYAML, []int{2, 4, 6, 9}}} {
		_, err := job.Decode([]byte(c.sent), name)
		var faults job.Faults
		if !errors.As(err, &faults) || len(faults) != len(c.lines) {
			t.Fatalf("%s: %v", name, err)
		}
		for i, path := range []string{"id", "tasks[0].replicas", "tasks[0].resources", "tasks[0].env.A"} {
			if faults[i].Path != path || faults[i].Line != c.lines[i] {
				t.Errorf("%s: %s, not %s (line %d)", name, faults[i], path, c.lines[i])
			}
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	_, err := job.DecodeJSON([]byte(`{"tasks":[` + strings.Repeat("1,", 1000) + `1]}`))
	var faults job.Faults
	if !errors.As(err, &faults) || len(faults) != 101 || !strings.Contains(faults[100].Message, "more faults") {
		t.Error(err)
	}
}

// TestPathsAreBounded: what is sent does not come back as a path.
func TestPathsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for name, sent := range map[string]string{
		"depth":        strings.Repeat("[", 20_000),
		"deep names":   strings.Repeat(`{"tasks":`, 20_000),
		"a name twice": `{"` + long + `":1,"` + long + `":1}`,
		"a label":      `{"id":"a","labels":{"` + long + `":1},"tasks":[{"container":{"image":"b"},"env":{"` + long + `":"` + long + `"}}]}`,
	} {
		spec, err := job.DecodeJSON([]byte(sent))
		if err == nil {
			t.Errorf("%s is taken", name)
		}
		if text := spec.AllFaults(err, job.DefaultLimits()).Error(); len(text) > 2000 {
			t.Errorf("%s: %d bytes about it", name, len(text))
		}
	}
}

// TestSyntaxFaults are those of documents that are no JSON or YAML.
func TestSyntaxFaults(t *testing.T) {
	cases := []struct {
		name, contentType, sent, path, part string
		line                                int
	}{
		{"nothing", "", "", "", "ends too early", 1},
		{"half", "", "{\n\"id\": ", "id", "ends too early", 2},
		{"a comma", "", "{\"id\":\n\n\"a\",}", "", "not valid JSON", 3},
		{"more after it", "", "{}\n{}", "", "not valid JSON", 2},
		{"twice", "", `{"tasks":[{"role":"a","Role":"b"}]}`, "tasks[0].Role", "given twice", 1},
		{"broken UTF-8", "", "{\"id\":\"\xff\"}", "id", "not valid JSON", 1},
		{"YAML with a tab", "application/yaml", "id: a\ntasks:\n\t- x", "", "not valid YAML", 0},
		{"broken UTF-8 in YAML", "text/yaml", "id: a\nkind: \xff\n", "", "not valid UTF-8", 2},
		{"a directive alone", "text/yaml", "%YAML 1.2\n---\nid: a\n---\nid: b\n", "", "more than one document", 5},
		{"two YAML documents", "text/yaml", "id: a\n---\nid: b\n", "", "more than one document", 3},
		{"twice in YAML", "text/yaml", "id: a\nid: b\n", "id", "given twice", 2},
		{"no anchor", "text/yaml", "id: *a\n", "", "no anchor", 1},
		{"a tag", "text/yaml", "id: !!binary aa\n", "", "not known", 1},
		{"infinity", "text/yaml", "id: .inf\n", "", `.inf is a number that JSON does not have; write ".inf" if it is text`, 1},
		{"a list as name", "text/yaml", "? [a]\n: b\n", "", "YAML", 0},
		{"merging a list", "text/yaml", "<<: [a]\n", "", "only an object can be merged", 1},
		{"too large", "text/yaml", strings.Repeat("a", 300_000), "", "larger than", 0},
		{"too many tokens", "text/yaml", strings.Repeat("? a\n", 15_000), "", "more than 20000 YAML tokens", 10_001},
		{"too deep", "text/yaml", strings.Repeat("[", 60) + strings.Repeat("]", 60), "", "nested deeper than 50", 1},
		{"far too deep", "text/yaml", strings.Repeat("[", 5000), "", "nested too deeply", 1},
		{"far too deep in blocks", "text/yaml", strings.Repeat("- ", 5000), "", "nested too deeply", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := job.Decode([]byte(c.sent), c.contentType)
			var faults job.Faults
			if !errors.Is(err, job.ErrSyntax) || !errors.As(err, &faults) || len(faults) != 1 {
				t.Fatal(err)
			}
			got := faults[0]
			if got.Path != c.path || !strings.Contains(got.Message, c.part) || c.line != 0 && got.Line != c.line {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestAliasesOfAliasesAreBounded: nine lines that stand for a billion strings.
func TestAliasesOfAliasesAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol]\n")
	for i, c := range "123456789" {
		alias := "*a" + string('0'+rune(i))
		b.WriteString("a" + string(c) + ": &a" + string(c) + " [" + strings.Repeat(alias+",", 9) + alias + "]\n")
	}
	large := "a: &a " + strings.Repeat("x", 100_000) + "\nb: [*a" + strings.Repeat(",*a", 50) + "]\n"
	many := "a: &a [1" + strings.Repeat(",1", 999) + "]\nb: [*a" + strings.Repeat(",*a", 200) + "]\n"
	for _, sent := range []string{b.String(), large, many} {
		_, err := job.DecodeYAML([]byte(sent))
		if !errors.Is(err, job.ErrSyntax) || !strings.Contains(err.Error(), "too large once its aliases are followed") {
			t.Errorf("%.20s: %v", sent, err)
		}
	}
}

func TestYAMLNumbers(t *testing.T) {
	for sent, want := range map[string]float64{"1e+2": 100, "1.5e3": 1500, "0x10": 16, "1_000": 1000, "0.5": 0.5, "7": 7} {
		spec, err := job.DecodeYAML([]byte("tasks: [{resources: {disk: " + sent + "}}]"))
		if err != nil || spec.Tasks[0].Resources.Disk != want {
			t.Errorf("%s: %+v, %v", sent, spec, err)
		}
	}
	if _, err := job.DecodeYAML([]byte(`tasks: [{resources: {disk: "1e+2"}}]`)); err == nil {
		t.Error("a number in quotes was read as a number")
	}
}

func TestYAMLHasAnchorsMergesAndBlocks(t *testing.T) {
	const sent = `
# A comment.
id: !!str 007
base: &base
  role: web
  replicas: 2
  env: &env {A: "1"}
tasks:
  - <<: *base
    replicas: 3
    container:
      image: nginx
      command: |
        echo a
        echo b
  - <<: [*base, {environment: prod}]
    env:
      <<: *env
      B: >-
        x
        y
    priority: 0x10
    container: {image: 'it''s', force_pull: yes-not-a-bool}
`
	_, err := job.DecodeYAML([]byte(sent))
	if err == nil || !strings.Contains(err.Error(), "tasks[1].container.force_pull") {
		t.Fatal(err)
	}
	spec, err := job.DecodeYAML([]byte(strings.ReplaceAll(sent, "yes-not-a-bool", "true")))
	if err != nil {
		t.Fatal(err)
	}
	want := &job.Spec{ID: "007", Tasks: []job.Group{
		{
			Role: "web", Replicas: 3, Env: map[string]job.Variable{"A": job.Plain("1")},
			Container: &job.Container{Image: "nginx", Command: job.Command{Shell: "echo a\necho b\n"}},
		},
		{
			Role: "web", Replicas: 2, Environment: "prod", Priority: 16, Env: map[string]job.Variable{"A": job.Plain("1"), "B": job.Plain("x y")},
			Container: &job.Container{Image: "it's", ForcePull: true},
		},
	}}
	if !reflect.DeepEqual(spec, want) {
		t.Errorf("%s", encode(t, spec))
	}
}

// TestBothFormatsAcceptTheSame: JSON is YAML, so the same text must be read
// the same by both.
func TestBothFormatsAcceptTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec().Draw(t, "spec")
		data := encode(t, spec)
		asJSON, err := job.DecodeJSON(data)
		if err != nil {
			t.Fatal(err)
		}
		asYAML, err := job.DecodeYAML(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !reflect.DeepEqual(asJSON, asYAML) {
			t.Fatalf("%s\nas JSON %s\nas YAML %s", data, encode(t, asJSON), encode(t, asYAML))
		}
	})
}

func TestContentTypes(t *testing.T) {
	cases := []struct {
		contentType string
		yaml, ok    bool
	}{
		{"", false, true},
		{"application/json", false, true},
		{"application/json; charset=UTF-8", false, true},
		{"application/x-www-form-urlencoded", false, true},
		{"application/vnd.taurus+json", false, true},
		{"application/yaml", true, true},
		{"application/x-yaml", true, true},
		{"text/yaml; charset=utf-8", true, true},
		{"Text/X-YAML", true, true},
		{"application/vnd.taurus+yaml", true, true},
		{"text/html", false, false},
		{"image/png", false, false},
		{"/", false, false},
	}
	for _, c := range cases {
		sent := `{"id":"a"}`
		if c.yaml {
			sent = "id: a"
		}
		spec, err := job.Decode([]byte(sent), c.contentType)
		if c.ok && (err != nil || spec.ID != "a") || !c.ok && !errors.Is(err, job.ErrMediaType) {
			t.Errorf("%q: %v", c.contentType, err)
		}
	}
}
