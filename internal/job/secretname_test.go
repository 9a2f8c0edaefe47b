package job_test

import (
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestSecretNames: what may name a secret.
func TestSecretNames(t *testing.T) {
	for _, name := range []string{"a", "db/password", "db#password", "a/b/c#d", "_x", "A.b-c_d", "1", "tls/key.pem"} {
		if why := job.CheckSecretName(name); why != "" {
			t.Errorf("%q %s", name, why)
		}
	}
	for _, name := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "a/../b", ".a", "-a", "a b", "a\n", "a\x00", "é", "a\u200b", "a\\b", "a%2fb", "a#", "#a", "a#b#c", "a#b/c",
		"a:b", "a?b", "a*", strings.Repeat("a", 256),
	} {
		if job.CheckSecretName(name) == "" {
			t.Errorf("%q may name a secret", name)
		}
	}
}

// TestSecretNamesStayBelow: as a path none leads out of where it begins, or is written in two ways.
func TestSecretNamesStayBelow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a./#_-]{0,12}`).Draw(t, "name")
		if job.CheckSecretName(name) == "" && (path.Clean(name) != name || path.IsAbs(name) || strings.Contains("/"+name+"/", "/../")) {
			t.Fatalf("%q", name)
		}
	})
}
