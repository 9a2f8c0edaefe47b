package job_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

func TestWarnings(t *testing.T) {
	cases := []struct {
		name, contentType, sent string
		want                    []job.Fault
	}{
		{"nothing to say", "", `{"ID":"a","job_state":1,"Tasks":[{"Replicas":0}]}`, nil},
		{
			"near misses", "", `{
				"tsks": 1,
				"kind ": 1,
				"tasks": [
					{"replica": 4, "healthCheck": {}, "killgrace": 1, "replicas": 1,
					 "container": {"comand": "x", "images": "y", "entrypoint": "z"},
					 "ports": [{"hosts": 1}], "env": {"anything": "goes"}}]}`,
			[]job.Fault{
				{Path: "tsks", Message: `is no field and has no effect; did you mean "tasks"?`, Line: 2},
				{Path: `["kind "]`, Message: `is no field and has no effect; did you mean "kind"?`, Line: 3},
				{Path: "tasks[0].replica", Message: `is no field and has no effect; did you mean "replicas"?`, Line: 5},
				{Path: "tasks[0].healthCheck", Message: `is no field and has no effect; did you mean "health_check"?`, Line: 5},
				{Path: "tasks[0].killgrace", Message: `is no field and has no effect; did you mean "kill_grace"?`, Line: 5},
				{Path: "tasks[0].container.comand", Message: `is no field and has no effect; did you mean "command"?`, Line: 6},
				{Path: "tasks[0].container.images", Message: `is no field and has no effect; did you mean "image"?`, Line: 6},
				{Path: "tasks[0].container.entrypoint", Message: `is no field and has no effect`, Line: 6},
				{Path: "tasks[0].ports[0].hosts", Message: `is no field and has no effect; did you mean "host"?`, Line: 7},
			},
		},
		{
			"no replicas", "application/yaml", "id: a\ntasks:\n  - role: web\n",
			[]job.Fault{{Path: "tasks[0].replicas", Message: "is missing, so no task runs; say how many", Line: 3}},
		},
		{
			"one task, the oldest form", "", `{"task": {"replicas": 1, "reosurces": {}}}`,
			[]job.Fault{{Path: "task.reosurces", Message: `is no field and has no effect; did you mean "resources"?`, Line: 1}},
		},
		{
			"names too short to be near any", "", `{"ii": 1, "kin": 2}`,
			[]job.Fault{
				{Path: "ii", Message: `is no field and has no effect`, Line: 1},
				{Path: "kin", Message: `is no field and has no effect; did you mean "kind"?`, Line: 1},
			},
		},
		{"not JSON", "", `{"tsks": 1,`, nil},
		{"not YAML", "text/yaml", `a: [`, nil},
		{"neither", "text/html", `<html>`, nil},
		{"of another type", "", `{"tasks": "x"}`, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := job.Warnings([]byte(c.sent), c.contentType)
			if len(got) != len(c.want) || len(got) > 0 && !reflect.DeepEqual([]job.Fault(got), c.want) {
				t.Errorf("got  %v\nwant %v", got, c.want)
			}
		})
	}
}

// TestAFileIsDecodedAndWarnedOf: one reading serves both, in either order, and gives what
// each gives by itself.
func TestAFileIsDecodedAndWarnedOf(t *testing.T) {
	for media, sent := range map[string]string{
		"":                 "{\"id\":\"a\",\n\"imgae\":1,\n\"tasks\":[{\n\"x\":2}]}",
		"application/json": "\ufeff{\"id\":\"a\",\"tasks\":[{\"replicas\":1}]}",
		"application/yaml": "id: a\nimgae: 1\ntasks:\n- name: web\n  x: 2\n",
		"text/yaml":        "id: a\ntasks: 7\n",
	} {
		spec, failed := job.Decode([]byte(sent), media)
		warnings := job.Warnings([]byte(sent), media)
		f, err := job.NewFile([]byte(sent), media)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := f.Warnings(); !reflect.DeepEqual(got, warnings) {
				t.Errorf("%q: warned of %v, want %v", sent, got, warnings)
			}
			if got, err := f.Decode(); !reflect.DeepEqual(got, spec) || !reflect.DeepEqual(err, failed) {
				t.Errorf("%q: %+v, %v; want %+v, %v", sent, got, err, spec, failed)
			}
		}
	}
	for media, want := range map[string]error{"text/html": job.ErrMediaType, "application/yaml": job.ErrSyntax} {
		if _, err := job.NewFile([]byte("a: ["), media); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", media, err, want)
		}
	}
}
