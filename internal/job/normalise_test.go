package job_test

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
)

func TestNormaliseChangesNothingTheSecondTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := anySpec().Draw(t, "spec")
		once.Normalise()
		twice := once.Clone()
		twice.Normalise()
		if !reflect.DeepEqual(once, twice) {
			t.Fatalf("%s became %s", encode(t, once), encode(t, twice))
		}
	})
}

func TestCloneSharesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec().Draw(t, "spec")
		before := encode(t, spec)
		clone := spec.Clone()
		if !reflect.DeepEqual(spec, clone) {
			t.Fatalf("%s was cloned as %s", before, encode(t, clone))
		}
		clone.Normalise()
		for i := range clone.Tasks {
			clone.Tasks[i].Resources.CPU++
			clone.Tasks[i].Restart.Policy = "changed"
			for key := range clone.Tasks[i].Env {
				clone.Tasks[i].Env[key] = job.Plain("changed")
			}
			for u := range clone.Tasks[i].URIs {
				if extract := clone.Tasks[i].URIs[u].Extract; extract != nil {
					*extract = !*extract
				}
			}
			if c := clone.Tasks[i].Container; c != nil {
				for a := range c.Command.Args {
					c.Command.Args[a] = "changed"
				}
			}
		}
		if after := encode(t, spec); string(after) != string(before) {
			t.Fatalf("changing the clone made %s of %s", after, before)
		}
	})
}

// normalised is a group with its defaults, in a job of a kind.
func normalised(kind job.Kind, g job.Group) job.Group {
	spec := job.Spec{ID: "a", Kind: kind, Tasks: []job.Group{g}}
	spec.Normalise()
	return spec.Tasks[0]
}

func TestDefaults(t *testing.T) {
	got := normalised("", job.Group{
		Container:   &job.Container{Image: "x"},
		Ports:       []job.Port{{Container: 80}, {Container: 53, Protocol: "UDP"}},
		HealthCheck: &job.HealthCheck{Path: "/up"},
		Constraints: []job.Constraint{{Attribute: "rack", Operator: "UNIQUE"}},
		Affinities:  []job.Affinity{{Attribute: "disk", Operator: "IS", Value: "SSD", Weight: -5}},
		Spread:      []job.Spread{{Attribute: "rack", Targets: map[string]uint32{}}, {Attribute: "zone", Weight: 7}},
		Placement:   "BinPack", KillSelection: "Newest",
	})
	want := job.Group{
		Name:        "task",
		Container:   &job.Container{Image: "x", Network: "bridge"},
		Resources:   &job.Resources{CPU: 1, Memory: 128},
		Ports:       []job.Port{{Container: 80, Protocol: "tcp"}, {Container: 53, Protocol: "udp"}},
		Constraints: []job.Constraint{{Attribute: "rack", Operator: "unique"}},
		Affinities:  []job.Affinity{{Attribute: "disk", Operator: "is", Value: "SSD", Weight: -5}},
		Spread:      []job.Spread{{Attribute: "rack", Weight: 50}, {Attribute: "zone", Weight: 7}},
		Placement:   "binpack", KillSelection: "newest",
		HealthCheck: &job.HealthCheck{
			Type: "http", Port: 80, Path: "/up", Failures: 3,
			Interval: seconds(10), Timeout: seconds(20), Grace: seconds(10),
		},
		Restart:   &job.Restart{Policy: "always", Backoff: seconds(1), BackoffMax: seconds(60), ResetAfter: seconds(60)},
		KillGrace: seconds(5),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func seconds(n float64) job.Duration { return job.Duration(n * float64(time.Second)) }

// TestBug20MemoryDefaultWhenOnlyCPUIsGiven: the original tested the cores twice, so
// a task with resources but no memory ran with 0 MB.
func TestBug20MemoryDefaultWhenOnlyCPUIsGiven(t *testing.T) {
	cases := []struct {
		given *job.Resources
		want  job.Resources
	}{
		{nil, job.Resources{CPU: 1, Memory: 128}},
		{&job.Resources{}, job.Resources{CPU: 1, Memory: 128}},
		{&job.Resources{CPU: 2}, job.Resources{CPU: 2, Memory: 128}},
		{&job.Resources{Memory: 64}, job.Resources{CPU: 1, Memory: 64}},
		{&job.Resources{CPU: 0.12345, Memory: 64.00049, Disk: 1.0005}, job.Resources{CPU: 0.123, Memory: 64, Disk: 1.001}},
		{&job.Resources{CPU: 0.0001, Memory: 1e300}, job.Resources{CPU: 0.0001, Memory: 1e300}},
	}
	for _, c := range cases {
		if got := normalised("", job.Group{Resources: c.given}).Resources; *got != c.want {
			t.Errorf("%+v became %+v, not %+v", c.given, *got, c.want)
		}
	}
}

func TestRestartDefaults(t *testing.T) {
	const minute = 60
	cases := []struct {
		name  string
		kind  job.Kind
		given *job.Restart
		want  job.Restart
	}{
		{"service", job.KindService, nil, job.Restart{Policy: "always", Backoff: seconds(1), BackoffMax: seconds(minute)}},
		{"batch", job.KindBatch, nil, job.Restart{Policy: "on_failure", Attempts: 3, Backoff: seconds(1), BackoffMax: seconds(minute)}},
		{
			"batch that never retries", job.KindBatch, &job.Restart{Policy: "never"},
			job.Restart{Policy: "never", Backoff: seconds(1), BackoffMax: seconds(minute)},
		},
		{
			"own attempts", job.KindBatch, &job.Restart{Attempts: 9},
			job.Restart{Policy: "on_failure", Attempts: 9, Backoff: seconds(1), BackoffMax: seconds(minute)},
		},
		{
			"batch that always restarts, which Validate refuses", job.KindBatch, &job.Restart{Policy: "always"},
			job.Restart{Policy: "always", Attempts: 3, Backoff: seconds(1), BackoffMax: seconds(minute)},
		},
		{
			"a long backoff", job.KindService, &job.Restart{Backoff: seconds(120)},
			job.Restart{Policy: "always", Backoff: seconds(120), BackoffMax: seconds(120)},
		},
		{
			"a short maximum", job.KindService, &job.Restart{BackoffMax: seconds(0.5)},
			job.Restart{Policy: "always", Backoff: seconds(0.5), BackoffMax: seconds(0.5)},
		},
	}
	for _, c := range cases {
		c.want.ResetAfter = seconds(minute)
		if got := normalised(c.kind, job.Group{Restart: c.given}).Restart; *got != c.want {
			t.Errorf("%s: %+v, not %+v", c.name, *got, c.want)
		}
	}
}

func TestHealthCheckTypeIsDerived(t *testing.T) {
	port := []job.Port{{Container: 80}}
	cases := []struct {
		name     string
		given    job.HealthCheck
		ports    []job.Port
		wantType string
		wantPort uint32
		wantPath string
	}{
		{"path", job.HealthCheck{Path: "/a", Port: 8080}, nil, "http", 8080, "/a"},
		{"port", job.HealthCheck{Port: 8080}, nil, "tcp", 8080, ""},
		{"command", job.HealthCheck{Command: "true"}, port, "command", 0, ""},
		{"the group's port", job.HealthCheck{}, port, "tcp", 80, ""},
		{"http without path", job.HealthCheck{Type: "HTTP"}, port, "http", 80, "/"},
		{"the first for tcp", job.HealthCheck{}, []job.Port{{Container: 53, Protocol: "UDP"}, {Container: 54, Protocol: "udp,tcp"}, {Container: 55}}, "tcp", 54, ""},
		{"none but of udp", job.HealthCheck{}, []job.Port{{Container: 53, Protocol: "udp"}}, "tcp", 0, ""},
		{"the port of the host", job.HealthCheck{Path: "/"}, []job.Port{{}}, "http", 0, "/"},
		{"nothing", job.HealthCheck{}, nil, "", 0, ""},
	}
	for _, c := range cases {
		got := normalised("", job.Group{HealthCheck: &c.given, Ports: c.ports}).HealthCheck
		if got.Type != c.wantType || got.Port != c.wantPort || got.Path != c.wantPath {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestGroupsAreNamedAfterTheirRole(t *testing.T) {
	long := "a-very-long-role-that-goes-on-and-on-and-on-and-on-until-it-is-cut"
	cases := []struct {
		name   string
		groups []job.Group
		want   []string
	}{
		{"role", []job.Group{{Role: "web"}}, []string{"web"}},
		{"no role", []job.Group{{}, {}}, []string{"task", "task-2"}},
		{"alike", []job.Group{{Role: "web"}, {Role: "web"}, {Role: "web"}}, []string{"web", "web-2", "web-3"}},
		{"given names stay", []job.Group{{Role: "web"}, {Name: "web"}}, []string{"web-2", "web"}},
		{"given alike stay alike", []job.Group{{Name: "web"}, {Name: "web"}}, []string{"web", "web"}},
		{"other characters", []job.Group{{Role: "/Web server é/"}}, []string{"Web-server"}},
		{"nothing left", []job.Group{{Role: "éé"}}, []string{"task"}},
		{"cut", []job.Group{{Role: long}}, []string{long[:50]}},
	}
	for _, c := range cases {
		spec := job.Spec{Tasks: c.groups}
		spec.Normalise()
		for i, g := range spec.Tasks {
			if g.Name != c.want[i] {
				t.Errorf("%s: tasks[%d] is called %q, not %q", c.name, i, g.Name, c.want[i])
			}
		}
	}
}

// TestDerivedNamesAreValid: whatever the role, no name that taurus makes up is
// refused by taurus, nor given twice.
func TestDerivedNamesAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := rapid.SliceOfN(rapid.StringMatching(`[ -~é]{0,70}`), 1, 5).Draw(t, "roles")
		spec := job.Spec{ID: "a"}
		for _, role := range roles {
			spec.Tasks = append(spec.Tasks, job.Group{Role: role, Container: &job.Container{Image: "x"}})
		}
		if err := spec.Validate(job.DefaultLimits()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestContainerizerDefaults: Docker has no word of its own in a spec, so that specs from
// before there was another are as they were; Mesos' leaves tasks on the host's network.
func TestContainerizerDefaults(t *testing.T) {
	for _, c := range []struct{ given, want job.Container }{
		{job.Container{Image: "x"}, job.Container{Image: "x", Network: "bridge"}},
		{job.Container{Image: "x", Containerizer: "Docker"}, job.Container{Image: "x", Network: "bridge"}},
		{job.Container{Image: "x", Containerizer: "MESOS"}, job.Container{Image: "x", Containerizer: "mesos", Network: "host"}},
		{job.Container{Image: "x", Network: "HOST"}, job.Container{Image: "x", Network: "host"}},
		{job.Container{Image: "x", Network: "Mine"}, job.Container{Image: "x", Network: "Mine"}},
		{job.Container{Containerizer: "mesos", Network: "none"}, job.Container{Containerizer: "mesos", Network: "none"}},
	} {
		if got := normalised("", job.Group{Container: &c.given}).Container; !reflect.DeepEqual(*got, c.want) {
			t.Errorf("got %+v, want %+v", *got, c.want)
		}
	}
}

// TestOptionsAreGivenTheirLongNames, as Mesos passes --v on and Docker does not know that.
func TestOptionsAreGivenTheirLongNames(t *testing.T) {
	for given, want := range map[string]string{
		"e": "env", "v": "volume", "u": "user", "h": "hostname", "l": "label", "m": "memory", "c": "cpu-shares", "w": "workdir", "p": "publish", "a": "attach",
		"volume": "volume", "x": "x", "d": "d", "-v": "-v", "": "",
	} {
		c := job.Container{Image: "x", Parameters: []job.Parameter{{Key: given, Value: "1"}}}
		if got := normalised("", job.Group{Container: &c}).Container.Parameters[0].Key; got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
}
