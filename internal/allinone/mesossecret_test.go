package allinone_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/allinone"
)

// argsOf are those of each program of a layout, by its name.
func argsOf(l allinone.Layout) map[string][]string {
	all := map[string][]string{}
	for _, stage := range l.Stages() {
		for _, p := range stage {
			all[p.Name] = p.Args(allinone.Seats{})
		}
	}
	return all
}

// TestTheMasterTakesNoFrameworkOfOthers: who may start tasks by the master is bound by no
// policy, so it asks for a secret that the user of the data directory alone can read.
func TestTheMasterTakesNoFrameworkOfOthers(t *testing.T) {
	t.Parallel()
	l := allinone.Layout{Data: t.TempDir(), Agents: 1, APIs: 1, Planners: 1, Launchers: 1, Reapers: 1}
	for _, args := range argsOf(l) {
		if slices.Contains(args, "--credentials") || slices.Contains(args, "--principal") {
			t.Errorf("without a secret: %v", args)
		}
	}
	var before string
	for range 2 { // Also after a start that was cut short.
		if err := allinone.MakeMesosSecret(l.Data); err != nil {
			t.Fatal(err)
		}
		args := argsOf(l)
		credentials := after(args["mesos-master"], "--credentials")
		if got := readPrivate(t, credentials); !strings.HasPrefix(got, "taurus ") || before != "" && got != before {
			t.Errorf("credentials %q, were %q", got, before)
		}
		before = readPrivate(t, credentials)
		for _, name := range []string{"launcher-1", "reaper-1"} {
			secret := strings.TrimSpace(readPrivate(t, after(args[name], "--secret-file")))
			if after(args[name], "--principal") != "taurus" || len(secret) < 26 || before != "taurus "+secret+"\n" {
				t.Errorf("%s: %v", name, args[name])
			}
		}
		for _, name := range []string{"nats", "mesos-agent-1", "planner-1", "api-1"} {
			if line := strings.Join(args[name], " "); strings.Contains(line, filepath.Dir(credentials)) {
				t.Errorf("%s is told of it: %s", name, line)
			}
		}
		if err := os.Remove(credentials); err != nil {
			t.Fatal(err)
		}
	}
}

// after is the argument behind a flag.
func after(args []string, flag string) string {
	if i := slices.Index(args, flag); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return ""
}

func readPrivate(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", path, info.Mode(), err)
	}
	return string(data)
}
