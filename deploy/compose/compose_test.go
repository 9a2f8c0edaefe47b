package compose_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/servercert"
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
	return map[string]string{
		"log": "log create", "keys": "nats keys", "nats-config": "nats config",
		"certificates": "tls create", "mesos-credentials": "mesos credentials",
	}
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

		"tls create": find("tls", "create"), "mesos credentials": find("mesos", "credentials"),
	}
}

// makers wait for nothing: they make what others start with.
func makers() []string { return []string{"keys", "certificates", "mesos-credentials"} }

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
			if !strings.Contains(part.Flags().FlagUsages()+part.InheritedFlags().FlagUsages(), env) {
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
		if !slices.Contains(makers(), name) && len(s.DependsOn) == 0 {
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
		if len(volumes) != 3 {
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

// TestNothingIsReachableWithout credentials: the apis have TLS, a policy and secrets of their
// own, and let nobody in who does not sign in; Mesos asks for what is made at the start.
func TestNothingIsReachableWithout(t *testing.T) {
	services := read(t, "compose.yaml").Services
	api := services["api"]
	for _, env := range []string{"TAURUS_ANONYMOUS", "TAURUS_INSECURE_LISTEN"} {
		if got, there := api.Environment[env]; there {
			t.Errorf("the api has %s=%s", env, got)
		}
	}
	if anonymous := apiFlag(t, "anonymous"); anonymous != "none" {
		t.Errorf("by default whoever says nothing may do what %s says", anonymous)
	}
	for env, want := range map[string]string{"TAURUS_TLS_CERT": "/tls/cert.pem", "TAURUS_TLS_KEY": "/tls/key.pem", "TAURUS_POLICY": "/policy/policy.yaml"} {
		if api.Environment[env] != want {
			t.Errorf("the api has %s=%q, want %q", env, api.Environment[env], want)
		}
	}
	for name, s := range services {
		for _, port := range s.Ports {
			if name != "api" || !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes %s", name, port)
			}
		}
	}
	for _, name := range []string{"mesos-master", "mesos-agent-1", "mesos-agent-2"} {
		if !strings.Contains(strings.Join(services[name].Command, " "), "--credentials /credentials/credentials.json") {
			t.Errorf("%s asks nobody who they are: %q", name, services[name].Command)
		}
	}
	for _, name := range []string{"launcher", "reaper", "api"} {
		if s := services[name]; s.Environment["TAURUS_SECRET_FILE"] != "/mesos/secret" || !slices.Contains(s.Volumes, "mesos-secret:/mesos:ro") {
			t.Errorf("%s has no secret for Mesos: %q, %q", name, s.Environment, s.Volumes)
		}
	}
	if from := services["launcher"].Environment["TAURUS_SECRETS_FROM"]; from != "dir:/secrets" {
		t.Errorf("the launcher has secrets from %q", from)
	}
}

func apiFlag(t *testing.T, name string) string {
	t.Helper()
	f := api.New().Flags().Lookup(name)
	if f == nil {
		t.Fatalf("the api has no flag %s", name)
	}
	return f.DefValue
}

// TestSecretsAreForTheirOwn: who needs a volume with a secret in it sees it, and nobody else.
func TestSecretsAreForTheirOwn(t *testing.T) {
	want := map[string][]string{
		"tls-authority": {"certificates"}, "tls-server": {"api", "certificates"},
		"mesos-secret": {"api", "launcher", "mesos-credentials", "reaper"}, "mesos-known": {"mesos-agent-1", "mesos-agent-2", "mesos-credentials", "mesos-master"},
		"${TAURUS_SECRETS": {"launcher"},
	}
	got := map[string][]string{}
	for name, s := range read(t, "compose.yaml").Services {
		for _, v := range s.Volumes {
			volume, _, _ := strings.Cut(v, ":")
			if want[volume] == nil {
				continue
			}
			if got[volume] = append(got[volume], name); !slices.Contains(makers(), name) && !strings.HasSuffix(v, ":ro") {
				t.Errorf("%s may write %s", name, v)
			}
		}
	}
	for volume, names := range want {
		slices.Sort(got[volume])
		if !slices.Equal(got[volume], names) {
			t.Errorf("%s is seen by %v, want %v", volume, got[volume], names)
		}
	}
}

// TestPolicy: the sample is the default written out, takes the example jobs, and with its
// example of a rule those that need more.
func TestPolicy(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("policy", "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	sample, err := policy.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	more, err := policy.Decode([]byte(uncommented(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	ann := access.Principal{Name: "ann", Roles: []string{access.RoleAdmin}}
	byDefault := policy.Read("rules: []")
	files, err := filepath.Glob("../../examplejobs/*.[jy]*")
	if err != nil || len(files) < 10 {
		t.Fatalf("examples %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kind := "application/yaml"
		if filepath.Ext(file) == ".json" {
			kind = "application/json"
		}
		f, err := job.NewFile(data, kind)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := f.Decode()
		if err != nil {
			t.Fatal(err)
		}
		refused := sample.Check(ann, spec)
		if len(refused) != len(byDefault.Check(ann, spec)) {
			t.Errorf("%s: the sample says %v, the default %v", file, refused, byDefault.Check(ann, spec))
		}
		if needsMore := filepath.Base(file) == "dns.yaml"; needsMore != (len(refused) > 0) {
			t.Errorf("%s: %v", file, refused)
		}
		if refused := more.Check(ann, spec); len(refused) > 0 {
			t.Errorf("%s, with the example of a rule: %v", file, refused)
		}
	}
}

// uncommented has the rule that is an example in it.
func uncommented(text string) string {
	return regexp.MustCompile(`(?m)^  # (- name: resolver|  .*)$`).ReplaceAllString(text, "  $1")
}

// TestTheCertificateIsForThePublishedPort, and for commands in the network.
func TestTheCertificateIsForThePublishedPort(t *testing.T) {
	dir := t.TempDir()
	args := read(t, "compose.yaml").Services["certificates"].Command
	for i := range args {
		args[i] = strings.Replace(args[i], "/tls", dir, 1)
		if args[i] == "65532:65532" {
			args[i] = strconv.Itoa(os.Getuid()) + ":" + strconv.Itoa(os.Getgid())
		}
	}
	app := cli.NewApp()
	app.Out, app.Err = t.Output(), t.Output()
	if status := app.Run(t.Context(), args); status != cli.ExitOK {
		t.Fatalf("taurus %q: status %d", args, status)
	}
	pair, err := tls.LoadX509KeyPair(servercert.Cert(dir), servercert.Key(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"127.0.0.1", "localhost", "api"} {
		if err := pair.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
}

// TestTheTrialKnocks wants the trial to ask for everything that must be refused.
func TestTheTrialKnocks(t *testing.T) {
	text, err := os.ReadFile("try.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`answers 401 "without a token"`, `answers 401 "with a wrong token"`, `answers 400 "without TLS"`, `answers 401 "a framework of Mesos"`,
		`answers 401 "an operator of Mesos"`, `answers 401 "the output of tasks"`, "NATS takes whoever has no key", "token first", "a privileged job is taken",
		`PASSWORD=$password`, "a service has written the secret", "all well",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("try.sh does not try %q", want)
		}
	}
}
