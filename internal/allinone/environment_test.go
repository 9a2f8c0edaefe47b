package allinone

import (
	"slices"
	"testing"
)

// TestSecretsAreForTheLauncherAlone, and settings for all.
func TestSecretsAreForTheLauncherAlone(t *testing.T) {
	given := []string{"PATH=/bin", "TAURUS_SECRET_DB__PASSWORD=x", "TAURUS_SECRET_FILE=/f", "VAULT_TOKEN=t", "TAURUS_LOG_LEVEL=debug"}
	if got := environment(given, RoleLauncher); !slices.Equal(got, given) {
		t.Errorf("the launcher gets %q", got)
	}
	for _, role := range []string{RoleAPI, RolePlanner, RoleReaper} {
		if got := environment(given, role); !slices.Equal(got, []string{"PATH=/bin", "TAURUS_SECRET_FILE=/f", "TAURUS_LOG_LEVEL=debug"}) {
			t.Errorf("%s gets %q", role, got)
		}
	}
	t.Setenv("TAURUS_SECRET_X", "x")
	if slices.Contains(environment(nil, RoleAPI), "TAURUS_SECRET_X=x") || !slices.Contains(environment(nil, RoleLauncher), "TAURUS_SECRET_X=x") {
		t.Error("its own environment is handed on otherwise")
	}
}
