package job_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// full is a group in which every field says something.
func full() job.Group {
	s := good()
	s.Tasks[0] = job.Group{
		Name: "web", Cluster: "c", Role: "r", Environment: "e", Priority: 1, Replicas: 2,
		Container: &job.Container{Image: "nginx"}, Resources: &job.Resources{CPU: 1, Memory: 64},
		Ports: []job.Port{{Name: "http", Container: 80}}, Env: map[string]job.Variable{"A": job.Plain("1")}, Secrets: []job.SecretFile{{Name: "a", Path: "/a"}}, Labels: map[string]string{"l": "1"},
		HealthCheck: &job.HealthCheck{Path: "/"}, Constraints: []job.Constraint{{Attribute: "rack", Operator: "is", Value: "1"}},
		Affinities: []job.Affinity{{Attribute: "disk", Operator: "is", Value: "ssd", Weight: 5}}, Spread: []job.Spread{{Attribute: "rack"}}, Placement: "binpack",
		Restart: &job.Restart{Policy: "always"}, Unreachable: &job.Unreachable{ReplaceAfter: 1}, After: []string{"db"}, TimeLimit: seconds(60), Gang: true, KillGrace: seconds(9), KillSignal: "SIGTERM", BeforeKill: &job.BeforeKill{Command: "x"}, KillSelection: "newest", URIs: []job.URI{{Value: "/x"}},
	}
	s.Normalise()
	return s.Tasks[0]
}

// inTemplate says of each field of a group whether it reaches the tasks. Whoever adds a
// field says it here.
var inTemplate = map[string]bool{
	"name": true, "cluster": true, "role": true, "environment": true, "container": true, "resources": true, "ports": true, "env": true, "secrets": true,
	"labels": true, "health_check": true, "kill_grace": true, "kill_signal": true, "before_kill": true, "uris": true,
	"priority": false, "replicas": false, "constraints": false, "affinities": false, "spread": false, "placement": false, "restart": false, "unreachable": false, "kill_selection": false, "after": false, "time_limit": false, "gang": false,
}

// TestTemplate: two groups that differ in one field are the same to their tasks only
// where that does not reach them, and the difference is told so.
func TestTemplate(t *testing.T) {
	whole := full()
	for field := range reflect.TypeFor[job.Group]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		reaches, known := inTemplate[name]
		if !known {
			t.Errorf("say whether %s reaches the tasks", name)
			continue
		}
		other := full()
		v := reflect.ValueOf(&other).Elem().FieldByIndex(field.Index)
		if v.IsZero() {
			t.Errorf("%s says nothing in full", name)
		}
		v.SetZero()
		if same := job.Template(whole) == job.Template(other); same == reaches {
			t.Errorf("without %s the template is the same: %v", name, same)
		}
	}
	if job.Template(whole) != job.Template(full()) {
		t.Error("equal groups have templates that differ")
	}
}
