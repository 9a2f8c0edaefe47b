package cli

import (
	"os"
	"path/filepath"

	"github.com/milosgajdos/taurus/internal/allinone"
)

// defaultAPI is where the API listens unless told otherwise.
const defaultAPI = "http://127.0.0.1:8080"

// source is an address of the API, and where it comes from.
type source struct{ url, from string }

// find chooses the address of the API: the flag, the environment, a demo or dev
// that runs on this machine, the default.
func (a *App) find() source {
	if a.flags.api != "" {
		return source{a.flags.api, "--api"}
	}
	if url := a.Getenv("TAURUS_API"); url != "" {
		return source{url, "TAURUS_API"}
	}
	if dir, e, running := a.here(); running && len(e.API) > 0 {
		return source{e.API[0], filepath.Join(dir, "endpoints.json")}
	}
	return source{defaultAPI, "the default"}
}

// here is the demo or dev that runs on this machine, and its data directory.
func (a *App) here() (dir string, e allinone.Endpoints, running bool) {
	state := stateDir(a.Getenv)
	for _, dir := range []string{filepath.Join(state, demoDir), state} {
		if e, running := allinone.ReadEndpoints(dir); running {
			return dir, e, true
		}
	}
	return "", e, false
}

// demoDir is the demo's directory under the state directory.
const demoDir = "demo"

// stateDir is where dev keeps its data: taurus' directory for state as the XDG
// base directory specification has it.
func stateDir(getenv func(string) string) string {
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "taurus")
	}
	home := getenv("HOME")
	if home == "" {
		home = os.TempDir()
	}
	return filepath.Join(home, ".local", "state", "taurus")
}
