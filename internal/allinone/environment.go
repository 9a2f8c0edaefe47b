package allinone

import (
	"os"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/secret"
)

// environment is that of a process of a role: secrets of tasks are for the launcher alone.
func environment(given []string, role string) []string {
	if given == nil {
		given = os.Environ()
	}
	if role == RoleLauncher {
		return given
	}
	return slices.DeleteFunc(slices.Clone(given), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return secret.Holds(name) || name == "VAULT_TOKEN"
	})
}
