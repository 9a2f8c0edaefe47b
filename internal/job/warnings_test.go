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

// TestVariablesThatAreNotTheUsersAlone: who sets one of those that taurus sets is told what
// the task gets, in which line.
func TestVariablesThatAreNotTheUsersAlone(t *testing.T) {
	const sent = `id: c04
task:
  replicas: 1
  container:
    image: box
    parameters:
    - {key: env, value: TAURUS_JOB=mine}
    - {key: e, value: HOST=mine}
  ports:
  - {name: my-http, container: 3000}
  - {name: rpc.v2, container: 9000}
  env:
    PORT: "3000"
    HOST: 0.0.0.0
    PORT0: "7"
    PORT2: "no such port"
    PORT01: "no such name"
    PORTS: x
    PORT_3000: y
    PORT_MY_HTTP: "1"
    port: small
    MESOS_TASK_ID: forged
    MESOS_SANDBOX: /tmp
    TAURUS_SLOT: "9"
    TAURUS_MINE: z
    MESOS_NATIVE_JAVA_LIBRARY: /lib
    NOTHING:
`
	const kept = "is what the task gets, in place of "
	want := []job.Fault{
		{Path: "tasks[0].env.NOTHING", Message: `is null, which makes it empty; write "" if that is meant, or leave it out`, Line: 27},
		{Path: "tasks[0].env.HOST", Message: kept + "the name of its host; leave it out to have that", Line: 14},
		{Path: "tasks[0].env.MESOS_SANDBOX", Message: "has no effect, as it is always the path of the sandbox; choose another name", Line: 23},
		{Path: "tasks[0].env.MESOS_TASK_ID", Message: "has no effect, as it is always the id of the task; choose another name", Line: 22},
		{Path: "tasks[0].env.PORT", Message: kept + "the host's port for ports[0]; leave it out to have that", Line: 13},
		{Path: "tasks[0].env.PORT0", Message: kept + "the host's port for ports[0]; leave it out to have that", Line: 15},
		{Path: "tasks[0].env.PORTS", Message: kept + "the host's ports; leave it out to have that", Line: 18},
		{Path: "tasks[0].env.PORT_MY_HTTP", Message: kept + "the host's port for ports[0]; leave it out to have that", Line: 20},
		{Path: "tasks[0].env.TAURUS_MINE", Message: "names that begin with TAURUS_ are for taurus, and one of a later version may be this; choose another name", Line: 25},
		{Path: "tasks[0].env.TAURUS_SLOT", Message: "has no effect, as it is always the number of the slot; choose another name", Line: 24},
		{Path: "tasks[0].container.parameters[0].value", Message: `replaces "TAURUS_JOB", by which a task finds the id of the job; choose another name`},
	}
	if got := job.Warnings([]byte(sent), "application/yaml"); !reflect.DeepEqual([]job.Fault(got), want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	without := `{"id":"a","tasks":[{"replicas":1,"container":{"image":"x"},"env":{"PORT":"3000","PORT0":"1","PORTS":"x","PORT_A":"y","Host":"z"}}]}`
	if got := job.Warnings([]byte(without), ""); len(got) > 0 {
		t.Errorf("of a job without ports: %v", got)
	}
}
