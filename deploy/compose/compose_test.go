package compose_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/wiring/embedded"
	api "github.com/milosgajdos/taurus/services/api/command"
	launcher "github.com/milosgajdos/taurus/services/launcher/command"
	planner "github.com/milosgajdos/taurus/services/planner/command"
	reaper "github.com/milosgajdos/taurus/services/reaper/command"
)

// file is what the tests want of a compose file.
type file struct {
	Services map[string]struct {
		Image       string
		Restart     string
		Entrypoint  []string
		Command     []string
		Environment map[string]string
		Healthcheck struct{ Test []string }
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		Volumes     []string
		Ports       []string
	}
}

func read(t *testing.T, name string) file {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var f file
	// A key over one that was merged in is a duplicate to this parser.
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// once are the services that do one thing and end, by their command.
func once() map[string]string {
	return map[string]string{"log": "log create", "keys": "nats keys", "nats-config": "nats config"}
}

// commands are the parts by the word they are called with.
func commands() map[string]*cobra.Command {
	return map[string]*cobra.Command{
		"nats":             natsserver.Command(),
		"mesos-master":     embedded.MesosMasterCommand(),
		"mesos-agent":      embedded.MesosAgentCommand(),
		"/taurus-api":      api.New(),
		"/taurus-planner":  planner.New(),
		"/taurus-launcher": launcher.New(),
		"/taurus-reaper":   reaper.New(),
		"log create":       find("log", "create"),
		"nats keys":        find("nats", "keys"),
		"nats config":      find("nats", "config"),
	}
}

// find is a command of the command line.
func find(words ...string) *cobra.Command {
	cmd, _, err := cli.NewApp().Command().Find(words)
	if err != nil {
		return nil
	}
	return cmd
}

// TestPartsAreCalledRight parses every command line with the part's own flags,
// and finds a flag for every variable.
func TestPartsAreCalledRight(t *testing.T) {
	variable := regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`)
	found := map[string]bool{}
	for name, s := range read(t, "compose.yaml").Services {
		word, args := "", []string(nil)
		switch {
		case once()[name] != "":
			word = once()[name]
			n := len(strings.Fields(word))
			if strings.Join(s.Command[:n], " ") != word {
				t.Errorf("%s runs %q, not %s", name, s.Command, word)
			}
			args = s.Command[n:]
		case len(s.Entrypoint) == 1:
			word, args = s.Entrypoint[0], s.Command
		case len(s.Command) > 1 && s.Command[0] == "serve":
			word, args = s.Command[1], s.Command[2:]
		}
		part := commands()[word]
		if part == nil {
			t.Errorf("%s runs %q, which is no part", name, word)
			continue
		}
		found[word] = true
		for i := range args {
			args[i] = variable.ReplaceAllString(args[i], "$1")
		}
		if err := part.ParseFlags(args); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for env := range s.Environment {
			if !strings.Contains(part.Flags().FlagUsages(), env) {
				t.Errorf("%s: no flag takes the variable %s", name, env)
			}
		}
	}
	if len(found) != len(commands()) {
		t.Errorf("runs only %v", found)
	}
}

// TestPartsStartInOrder wants of every part a health check that the image can do
// by itself, and that it waits for the health of those it needs.
func TestPartsStartInOrder(t *testing.T) {
	services := read(t, "compose.yaml").Services
	for name, s := range services {
		if check := s.Healthcheck.Test; once()[name] == "" && (len(check) != 4 || check[1] != "/taurus" || check[2] != "health" || !strings.HasSuffix(check[3], "/readyz")) {
			t.Errorf("%s: health check %q", name, check)
		}
		if s.Image != "${TAURUS_IMAGE:-taurus:latest}" {
			t.Errorf("%s: image %q", name, s.Image)
		}
		if name != "keys" && len(s.DependsOn) == 0 {
			t.Errorf("%s waits for nothing", name)
		}
		if once()[name] != "" && s.Restart != "no" {
			t.Errorf("%s does one thing, and is started again: %q", name, s.Restart)
		}
		for other, d := range s.DependsOn {
			want := "service_healthy"
			if once()[other] != "" {
				want = "service_completed_successfully"
			}
			if _, there := services[other]; !there || d.Condition != want {
				t.Errorf("%s depends on %s by %q", name, other, d.Condition)
			}
		}
	}
}

// TestSandboxesHaveOnePath wants them under the same path for the host's Docker.
func TestSandboxesHaveOnePath(t *testing.T) {
	for _, name := range []string{"mesos-agent-1", "mesos-agent-2"} {
		volumes := read(t, "compose.yaml").Services[name].Volumes
		if len(volumes) != 2 {
			t.Fatalf("%s: volumes %q", name, volumes)
		}
		half := len(volumes[0]) / 2
		if volumes[0][:half] != volumes[0][half+1:] {
			t.Errorf("%s: %q is not one path", name, volumes[0])
		}
	}
}

// TestOverridesReplaceWhatIsThere wants no override of a part that is not there.
func TestOverridesReplaceWhatIsThere(t *testing.T) {
	services := read(t, "compose.yaml").Services
	for _, name := range []string{"compose.nats.yaml", "compose.mesos.yaml"} {
		for part, s := range read(t, name).Services {
			if _, there := services[part]; !there {
				t.Errorf("%s: %s is no part of compose.yaml", name, part)
			}
			if !strings.Contains(s.Image, "_IMAGE:?") {
				t.Errorf("%s: %s: image %q is not named by a variable that must be set", name, part, s.Image)
			}
		}
	}
}

// TestRealAgentsShareADocker: an agent that starts again removes containers that
// it does not know, unless it is told that they may be another's.
func TestRealAgentsShareADocker(t *testing.T) {
	services := read(t, "compose.mesos.yaml").Services
	for _, name := range []string{"mesos-agent-1", "mesos-agent-2"} {
		if got := services[name].Environment["MESOS_DOCKER_KILL_ORPHANS"]; got != "false" {
			t.Errorf("%s: MESOS_DOCKER_KILL_ORPHANS is %q", name, got)
		}
	}
}

// TestNATSConfig has nats-server read the configuration that is written for it: it
// knows the roles, and its monitoring port is for its own container.
func TestNATSConfig(t *testing.T) {
	dir := t.TempDir()
	run := func(args []string) {
		app := cli.NewApp()
		app.Out, app.Err = t.Output(), t.Output()
		if status := app.Run(t.Context(), args); status != cli.ExitOK {
			t.Fatalf("taurus %q: status %d", args, status)
		}
	}
	run([]string{"nats", "keys", dir})
	args := read(t, "compose.yaml").Services["nats-config"].Command
	for i := range args {
		args[i] = strings.Replace(args[i], "/keys", filepath.Join(dir, "server"), 1)
	}
	run(args)
	opts, err := server.ProcessConfigFile(filepath.Join(dir, "server", "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if !opts.JetStream || !opts.SyncAlways || opts.StoreDir != "/data" || opts.HTTPHost != "127.0.0.1" || len(opts.Nkeys) != len(natsauth.Roles()) {
		t.Errorf("JetStream %v, sync always %v, store %q, monitoring at %q, %d keys",
			opts.JetStream, opts.SyncAlways, opts.StoreDir, opts.HTTPHost, len(opts.Nkeys))
	}
}

// TestEachPartSeesItsOwnKey and no other's; the makers of keys and of the log are
// the only ones that see the admin's.
func TestEachPartSeesItsOwnKey(t *testing.T) {
	want := map[string]string{
		"planner": "key-planner:/key:ro", "launcher": "key-launcher:/key:ro", "reaper": "key-reaper:/key:ro", "api": "key-api:/key:ro",
		"log": "key-admin:/key:ro", "nats": "key-server:/keys:ro", "nats-config": "key-server:/keys",
	}
	for name, s := range read(t, "compose.yaml").Services {
		var got []string
		for _, v := range s.Volumes {
			if strings.HasPrefix(v, "key-") {
				got = append(got, v)
			}
		}
		if name == "keys" {
			if len(got) != len(natsauth.Roles())+1 {
				t.Errorf("keys are made in %q", got)
			}
			continue
		}
		if strings.Join(got, " ") != want[name] {
			t.Errorf("%s sees %q, want %q", name, got, want[name])
		}
		if _, ok := s.Environment["TAURUS_NATS_NKEY"]; ok != strings.HasSuffix(want[name], ":/key:ro") {
			t.Errorf("%s: TAURUS_NATS_NKEY is set: %t", name, ok)
		}
	}
}
