package wiring_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/milosgajdos/taurus/internal/secret"
)

// TestNoSettingIsTakenForASecret: variables that hold secrets begin alike, and a launcher takes all that do.
func TestNoSettingIsTakenForASecret(t *testing.T) {
	for _, role := range []string{"api", "launcher", "mesos-agent", "mesos-master", "planner", "reaper"} {
		help, err := os.ReadFile("testdata/" + role + ".golden")
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`TAURUS_[A-Z_]+`).FindAllString(string(help), -1)
		if len(names) == 0 {
			t.Errorf("%s has no settings", role)
		}
		for _, name := range names {
			if secret.Holds(name) && name != secret.Prefix {
				t.Errorf("%s of the %s would be a secret", name, role)
			}
		}
	}
}
