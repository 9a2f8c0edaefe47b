package job_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestStored: of what a foreign hand wrote, what would cost too much is refused, and
// what leaves out defaults is not.
func TestStored(t *testing.T) {
	lim := job.DefaultLimits()
	group := func(text string) string { return `{"id":"a","tasks":[{"name":"g","replicas":1,` + text + `}]}` }
	for spec, want := range map[string]string{
		`{}`:                      "",
		group(`"container":null`): "",
		group(`"replicas2":1`):    "",
		`{"id":"a","tasks":[` + strings.Repeat(`{},`, 99) + `{}]}`:               "",
		`{"id":"a","tasks":[` + strings.Repeat(`{},`, 100) + `{}]}`:              "tasks: has 101 entries",
		`{"id":"a","tasks":[` + strings.Repeat(`{},`, 59_999) + `{}]}`:           "tasks: has 60000 entries",
		`{"id":"a","tasks":[{"replicas":60000},{"replicas":40000}]}`:             "",
		`{"id":"a","tasks":[{"replicas":60000},{"replicas":40001}]}`:             "tasks[1].replicas: makes it 100001 tasks",
		`{"id":"a","labels":{"x":"` + strings.Repeat("a", lim.SpecBytes) + `"}}`: "bytes, the most is 262144",
		group(`"resources":{"cpu":1e300}`):                                       "tasks[0].resources.cpu",
		group(`"resources":{"memory":-1}`):                                       "tasks[0].resources.memory",
		group(`"unreachable":{"give_up_after":"1000h"}`):                         "tasks[0].unreachable.give_up_after",
		group(`"unreachable":{"replace_after":"1000h"}`):                         "tasks[0].unreachable.replace_after",
		`{"id":"a","kind":"batch","time_limit":"-1s"}`:                           "time_limit",
		`{"id":"a","after":[` + strings.Repeat(`"b",`, 50) + `"b"]}`:             "after: has 51 entries",
		`{"id":"a","kind":"batch","keep_for":"9000h"}`:                           "keep_for",
		group(`"kill_grace":"1000h"`):                                            "tasks[0].kill_grace",
		group(`"restart":{"backoff":"-1s"}`):                                     "tasks[0].restart.backoff",
		group(`"ports":[` + strings.Repeat(`{},`, 100) + `{}]`):                  "tasks[0].ports: has 101 entries",
		group(`"affinities":[` + strings.Repeat(`{},`, 50) + `{}]`):              "tasks[0].affinities: has 51 entries",
		group(`"affinities":[{"weight":-101}]`):                                  "tasks[0].affinities[0].weight: must be from 0 to 100",
		group(`"spread":[` + strings.Repeat(`{},`, 10) + `{}]`):                  "tasks[0].spread: has 11 entries",
		group(`"spread":[{"weight":101}]`):                                       "tasks[0].spread[0].weight: must be from 0 to 100",
		group(`"spread":[{"targets":{"x":101}}]`):                                "tasks[0].spread[0].targets.x: must be from 0 to 100",
		group(`"constraints":[` + strings.Repeat(`{},`, 50) + `{}]`):             "tasks[0].constraints: has 51 entries",
		`{"id":7}`: "read a stored spec",
	} {
		spec := []byte(spec)
		got, err := job.Stored(spec, lim)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", spec, err, want)
		}
		if err == nil && got.Kind != job.KindService {
			t.Errorf("%.80s: defaults are missing", spec)
		}
	}
}

// TestManyGroups: what is far beyond the limit is refused for that, whatever else is
// wrong with it.
func TestManyGroups(t *testing.T) {
	groups := make([]string, 60_000)
	for i := range groups {
		groups[i] = `{"role":"web","replicas":"x"}`
	}
	doc := []byte("{\"id\":\"a\",\n\"tasks\":[" + strings.Join(groups, ",\n") + "]}")
	spec, err := job.DecodeJSON(doc)
	if spec == nil || err == nil {
		t.Fatalf("%v", err)
	}
	err = spec.AllFaults(err, job.DefaultLimits())
	if faults := job.Faults(nil); !errors.As(err, &faults) || len(faults) != 101 || faults[99].Line != 101 {
		t.Errorf("%v", err)
	}
	if err := spec.Validate(job.DefaultLimits()); err == nil || err.Error() != "tasks: has 60000 entries; make it at most 100" {
		t.Errorf("%v", err)
	}
	if w := job.Warnings(doc, ""); len(w) != 0 {
		t.Errorf("%d warnings", len(w))
	}
}

// TestNamesOfManyGroups: each is its own, in the order of the document, and those that
// were given stay.
func TestNamesOfManyGroups(t *testing.T) {
	spec := job.Spec{Tasks: make([]job.Group, 1000)}
	spec.Tasks[10].Name, spec.Tasks[20].Name = "web-7", "web"
	for i := range spec.Tasks {
		spec.Tasks[i].Role = "web"
	}
	spec.Normalise()
	next := 2
	for i, g := range spec.Tasks {
		want := fmt.Sprintf("web-%d", next)
		switch i {
		case 10:
			want = "web-7"
		case 20:
			want = "web"
		default:
			if next++; next == 7 {
				next++
			}
		}
		if g.Name != want {
			t.Fatalf("group %d is %s, want %s", i, g.Name, want)
		}
	}
}
