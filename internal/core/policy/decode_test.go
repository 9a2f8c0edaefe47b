package policy_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
)

// TestDecodeTellsAllFaults at once, with line, field and mend.
func TestDecodeTellsAllFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":            " (line 1) is empty",
		"[]":          " (line 1) must be an object in braces, not []",
		"rules: 1":    "rules (line 1) must be a list in brackets, not 1",
		"rule: []":    "rule (line 1) is no field; there are quotas, rules",
		"rules: [{}]": "rules[0].name (line 1) is missing",
		"rules: [1, {name: a, jobs: {}}]": "rules[0] (line 1) must be an object in braces, not 1\n" +
			"rules[1].jobs (line 1) must be a list in brackets, not {}",
		"rules:\n- name: a\n  privileged: yes\n  host_netwrk: true\n  volumes:\n  - path: srv\n": "rules[0].privileged (line 3) must be true or false\n" +
			"rules[0].host_netwrk (line 4) is no field\nrules[0].volumes[0].path (line 6) \"srv\" must be absolute",
		"rules:\n- name: a\n  jobs: [shop*, '*x', '']\n  volumes:\n  - srv\n  - /a/../b\n  - {path: /ok}\n": "rules[0].jobs[2] (line 3) must have 1 to\nrules[0].jobs[0] (line 3) \"shop*\" would fit ids of others\nrules[0].jobs[1] (line 3) \"*x\" must have its asterisk at the end\n" +
			"rules[0].volumes[0].path (line 5) \"srv\" must be absolute\nrules[0].volumes[1].path (line 6) \"/a/../b\" must be absolute",
		"rules: [{name: a}, {name: b}]":                       "rules[1] (line 1) is never reached",
		"rules: [{name: a, jobs: [b]}, {name: a, jobs: [c]}]": "rules[1].name (line 1) \"a\" is the name of rules[0]",
		"rules: [{name: default}]":                            "rules[0].name (line 1) \"default\" is what decides",
		"rules: [{name: a, jobs: []}]":                        "rules[0].jobs (line 1) is empty",
		"rules: [{name: a, who: {}}]":                         "rules[0].who (line 1) names nobody",
		"rules: [{name: a, who: {means: [cookie]}}]":          "rules[0].who.means[0] (line 1) \"cookie\" is not known",
		"rules: [{name: a, parameters: [--privileged, '']}]":  "rules[0].parameters[0].name (line 1) must be the long name\nrules[0].parameters[1].name (line 1) is missing",
		"rules: [{name: a, images: [nginx, 'ghcr.io*', 'ghcr.io/a*', 'a.b/c:1', '*.io/*']}]": "rules[0].images[0].name (line 1) \"nginx\" must begin with a registry\n" +
			"rules[0].images[1].name (line 1) \"ghcr.io*\" would fit\nrules[0].images[2].name (line 1) \"ghcr.io/a*\" would fit\n" +
			"rules[0].images[3].name (line 1) \"a.b/c:1\" must have no tag\nrules[0].images[4].name (line 1) \"*.io/*\" must have its asterisk",
		"rules: [{name: a, uris: [a, 'https://a.com*', 'file:///etc']}]": "rules[0].uris[0] (line 1) \"a\" must be a URL\nrules[0].uris[1] (line 1) \"https://a.com*\" would fit\n" +
			"rules[0].uris[2] (line 1) files of the host",
		"rules: [{name: a, task: {replicas: 1}}]":        "rules[0].task.replicas (line 1) is of a job",
		"rules: [{name: a, task: {cpu: -1, gpus: 1.5}}]": "rules[0].task.cpu (line 1) must be a number\nrules[0].task.gpus (line 1) must be a whole number",
		"rules: [{name: a, constraints: [{value: b}]}]":  "rules[0].constraints[0] (line 1) must have",
		"quotas: [{name: a}]":                            "quotas[0] (line 1) bounds nothing",
		"quotas: [{name: a, cpu: 1}, {name: a, cpu: 1}]": "quotas[1].name (line 1) \"a\" is the name",
		"rules: [{name: a, who: }]":                      "rules[0].who (line 1) must be an object in braces, not null",
	} {
		_, err := policy.Decode([]byte(text))
		var faults job.Faults
		if !errors.As(err, &faults) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		lines := strings.Split(want, "\n")
		if len(lines) != len(faults) {
			t.Errorf("%q: %v\nwant %s", text, faults, want)
			continue
		}
		for i, f := range faults {
			path, rest, _ := strings.Cut(lines[i], " (line ")
			_, message, _ := strings.Cut(rest, ") ")
			if f.Path != path || !strings.HasPrefix(f.Message, message) || f.Line == 0 {
				t.Errorf("%q:\ngot  %+v\nwant %s", text, f, lines[i])
			}
		}
	}
}

func TestDecodeRefusesWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"rules: [", "a: 1\n---\nb: 1", "\xff", "rules: []\nrules: []", "{\"rules\": [], \"rules\": []}"} {
		if _, err := policy.Decode([]byte(text)); !errors.Is(err, job.ErrSyntax) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := policy.Decode(make([]byte, policy.SizeMax+1)); !errors.Is(err, policy.ErrTooLarge) {
		t.Error(err)
	}
}

func TestDecodeTakesWordsForShort(t *testing.T) {
	t.Parallel()
	short := decoded(t, "rules: [{name: a, volumes: [/srv], parameters: [sysctl], images: [a.b/c]}]")
	long := decoded(t, `{"rules": [{"name": "a", "volumes": [{"path": "/srv"}], "parameters": [{"name": "sysctl"}], "images": [{"name": "a.b/c"}]}]}`)
	if !reflect.DeepEqual(short, long) {
		t.Errorf("%+v\n%+v", short, long)
	}
	if p := decoded(t, "rules: []"); len(p.Rules) != 0 {
		t.Errorf("%+v", p)
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		"rules: []", "rules: [{name: a, jobs: [shop/*], who: {names: [b]}, volumes: [/srv, {path: /a, read_only: true}]}]", "{", "null", "- a",
		"quotas: [{name: a, replicas: 1, cpu: 1.5}]", "rules: [{name: a, parameters: [default, {name: b, values: ['*']}], images: [{name: '*', digest: true}]}]",
		"rules: [{name: a, task: {cpu: 1e400}}]", "a: &a [*a]", "rules: [{name: \"\\u0000\"}]", "rules: {a: 1}", "quotas: [[[[[]]]]]",
	} {
		f.Add([]byte(text))
	}
	s := &job.Spec{ID: "a", Tasks: []job.Group{{Container: &job.Container{Image: "nginx", Privileged: true}}}}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := policy.Decode(text)
		if (p == nil) == (err == nil) {
			t.Fatalf("%v, %v", p, err)
		}
		if err == nil {
			p.Held(s)
			return
		}
		var faults job.Faults
		if errors.As(err, &faults) && (len(faults) == 0 || len(faults) > 101) {
			t.Fatalf("%d faults", len(faults))
		}
		if again, err2 := policy.Decode(text); again != nil || err2.Error() != err.Error() {
			t.Fatalf("%v, then %v", err, err2)
		}
	})
}
