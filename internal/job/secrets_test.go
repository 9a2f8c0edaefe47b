package job_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestVariablesAreStringsOrSecrets: what is read in both formats, how it is written, and what is refused.
func TestVariablesAreStringsOrSecrets(t *testing.T) {
	for sent, want := range map[string]string{
		`"x"`: `"x"`, `""`: `""`, `null`: `""`, `{"secret":"db/password"}`: `{"secret":"db/password"}`, `{"SECRET":"a#b"}`: `{"secret":"a#b"}`,
		`"{\"secret\":\"a\"}"`: `"{\"secret\":\"a\"}"`,
	} {
		for _, contentType := range []string{"application/json", "application/yaml"} {
			spec, err := job.Decode([]byte(`{"id":"a","tasks":[{"env":{"A":`+sent+`}}]}`), contentType)
			if err != nil {
				t.Errorf("%s: %v", sent, err)
				continue
			}
			data, err := spec.JSON()
			if text := string(data); err != nil || !strings.Contains(text, `"env":{"A":`+want+`}`) {
				t.Errorf("%s: %s, %v", sent, text, err)
			}
			if again, err := job.Parse(data); err != nil || again.Tasks[0].Env["A"] != spec.Tasks[0].Env["A"] {
				t.Errorf("%s is read back as %v, %v", data, again, err)
			}
		}
	}
	for sent, want := range map[string]string{
		`1`: `must be a string; write "1"`, `true`: `write "true"`, `[]`: `or a secret such as {"secret": "db/password"}`, `{}`: "names no secret",
		`{"secret":""}`: "names no secret", `{"secret":null}`: "names no secret", `{"secrt":"a"}`: "names no secret", `{"secret":1}`: `write "1"`, `{"secret":{}}`: "must be a string",
	} {
		_, err := job.DecodeJSON([]byte(`{"id":"a","tasks":[{"env":{"A":` + sent + `}}]}`))
		if err == nil || !strings.Contains(err.Error(), "tasks[0].env.A") || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "tasks[0]") != 1 {
			t.Errorf("%s: %v, want %q once", sent, err, want)
		}
	}
	for _, stored := range []string{`{"tasks":[{"env":{"A":{}}}]}`, `{"tasks":[{"env":{"A":[]}}]}`, `{"tasks":[{"env":{"A":{"secret":1}}}]}`} {
		if _, err := job.Parse([]byte(stored)); err == nil {
			t.Errorf("%s is a spec", stored)
		}
	}
}

// TestSecretsOfAGroup: each once, in order, whether they are in variables or in files.
func TestSecretsOfAGroup(t *testing.T) {
	g := job.Group{
		Env:       map[string]job.Variable{"A": {Secret: "z"}, "B": {Secret: "m"}, "C": job.Plain("v")},
		Secrets:   []job.SecretFile{{Name: "a", Path: "/a"}, {Name: "z", Path: "/z"}},
		Container: &job.Container{Image: "x", RegistryCredentials: &job.SecretRef{Secret: "r"}},
	}
	if got := strings.Join(g.SecretVariables(), " "); got != "m z" {
		t.Errorf("variables %s", got)
	}
	if got := strings.Join(g.SecretNames(), " "); got != "a m r z" {
		t.Errorf("secrets %s", got)
	}
	if got := (&job.Group{Env: map[string]job.Variable{"A": job.Plain("v")}}).SecretNames(); got != nil {
		t.Errorf("secrets %v of a group without", got)
	}
}

// TestDiffNamesSecrets: another secret, or one in place of a value, replaces the tasks.
func TestDiffNamesSecrets(t *testing.T) {
	with := func(v job.Variable, files ...job.SecretFile) *job.Spec {
		return &job.Spec{ID: "a", Tasks: []job.Group{{Name: "web", Container: &job.Container{Image: "x"}, Env: map[string]job.Variable{"A": v}, Secrets: files}}}
	}
	file := job.SecretFile{Name: "k", Path: "/k"}
	for want, to := range map[string]*job.Spec{
		`tasks[web].env.A "x" {"secret":"b"}`:            with(job.Variable{Secret: "b"}),
		`tasks[web].secrets  [{"name":"k","path":"/k"}]`: with(job.Plain("x"), file),
		`tasks[web].env.A "x" "y"`:                       with(job.Plain("y")),
	} {
		changes := job.Diff(with(job.Plain("x")), to)
		if len(changes) != 1 || changes[0].Path+" "+string(changes[0].Old)+" "+string(changes[0].New) != want || changes[0].Effect != job.EffectReplaces {
			t.Errorf("%+v, want %s", changes, want)
		}
	}
	changes := job.Diff(with(job.Variable{Secret: "b"}), with(job.Variable{Secret: "c"}))
	if len(changes) != 1 || changes[0].Path != "tasks[web].env.A.secret" || changes[0].Effect != job.EffectReplaces {
		t.Errorf("%+v", changes)
	}
}

// TestSecretModes: what a mode means as a number.
func TestSecretModes(t *testing.T) {
	for mode, want := range map[string]uint32{"": 0o444, "0400": 0o400, "440": 0o440, "x": 0o444, "7777": 0o777} {
		if got := (job.SecretFile{Mode: mode}).Perm(); got != want {
			t.Errorf("%q is %#o", mode, got)
		}
	}
}
