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

// TestMesosAsksForASecret that the user of the data directory alone can read: who may start
// tasks by the master is bound by no policy, and an agent is given tasks with their secrets.
func TestMesosAsksForASecret(t *testing.T) {
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
		if got := after(args["mesos-agent-1"], "--credentials"); got != credentials {
			t.Errorf("the agent asks for, and shows, %q", got)
		}
		if got := after(args["api-1"], "--mesos-hosts"); got != "127.0.0.1" {
			t.Errorf("the api shows it to %q", got)
		}
		for _, name := range []string{"launcher-1", "reaper-1", "api-1"} {
			secret := strings.TrimSpace(readPrivate(t, after(args[name], "--secret-file")))
			if after(args[name], "--principal") != "taurus" || len(secret) < 26 || before != "taurus "+secret+"\n" {
				t.Errorf("%s: %v", name, args[name])
			}
		}
		for _, name := range []string{"nats", "planner-1"} {
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
