package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
)

// TestSecretsOfAJob: those that a rule does not allow are refused at submission, in variables and in files, and do not hold the rest of the job back.
func TestSecretsOfAJob(t *testing.T) {
	spec := &job.Spec{ID: "shop/web", Tasks: []job.Group{{
		Name: "g", Replicas: 1, Container: &job.Container{Image: "x", RegistryCredentials: &job.SecretRef{Secret: "shop/pull"}},
		Env:     map[string]job.Variable{"A": {Secret: "shop/a"}, "B": {Secret: "db/b"}, "C": job.Plain("db/c")},
		Secrets: []job.SecretFile{{Name: "shop/f", Path: "/f"}, {Name: "db/g", Path: "/g"}},
	}}}
	spec.Normalise()
	for rules, want := range map[string]string{
		"{}":                                `tasks[0].env.B.secret "db/b" is not the job's own; use a secret below shop/|tasks[0].secrets[1].name "db/g" is not the job's own; use a secret below shop/`,
		"{secrets: ['*']}":                  "",
		"{secrets: [db/*, shop/a, shop/f]}": `tasks[0].container.registry_credentials.secret "shop/pull" is not among the secrets that the job may use: db/*, shop/a, shop/f`,
		"{secrets: [shop/*, db/b]}":         `tasks[0].secrets[1].name "db/g" is not among the secrets that the job may use: shop/*, db/b`,
		"{secrets: [shop/*, db/*]}":         "",
	} {
		p, err := policy.Decode([]byte("rules: [" + strings.Replace(rules, "{", "{name: r, ", 1) + "]"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range p.Check(access.Principal{}, spec) {
			got = append(got, fmt.Sprint(v.Path, " ", v.Message))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s: %q, want %q", rules, strings.Join(got, "|"), want)
		}
		if held := p.Held(spec); len(held) != 0 {
			t.Errorf("%s: held by %v", rules, held)
		}
	}
	p, err := policy.Decode([]byte("rules: [{name: r, secrets: []}]"))
	if err != nil {
		t.Fatal(err)
	}
	if all := p.Check(access.Principal{}, spec); len(all) != 5 || !strings.Contains(all[0].Message, "may use none") {
		t.Errorf("%v", all)
	}
}
