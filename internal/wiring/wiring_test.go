package wiring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/internal/wiring/embedded"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	api "github.com/milosgajdos/taurus/services/api/command"
	launcher "github.com/milosgajdos/taurus/services/launcher/command"
	planner "github.com/milosgajdos/taurus/services/planner/command"
	reaper "github.com/milosgajdos/taurus/services/reaper/command"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { testwait.Main(m) }

// output is a log that may be read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a command under way in this process.
type process struct {
	t      *testing.T
	name   string
	file   string
	out    *output
	stop   context.CancelFunc
	status chan int
}

func start(t *testing.T, cmd *cobra.Command, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{t: t, name: cmd.Name(), file: filepath.Join(t.TempDir(), "announce"), out: &output{}, stop: cancel, status: make(chan int, 1)}
	cmd.SetErr(p.out)
	bound := testwait.Patience.String()
	if cmd.Flags().Lookup("state-dir") != nil {
		args = append([]string{"--state-dir=" + t.TempDir()}, args...)
	}
	cmd.SetArgs(append([]string{
		"--admin-listen=127.0.0.1:0", "--log-format=json", "--announce=" + p.file, "--start-timeout=" + bound, "--stop-timeout=" + bound,
	}, args...))
	go func() { p.status <- service.Execute(ctx, cmd) }()
	return p
}

// says waits until the log has the text.
func (p *process) says(text string) {
	p.t.Helper()
	defer p.log()
	testwait.Until(p.t, p.name+" says "+text, func() bool {
		if strings.Contains(p.out.String(), text) {
			return true
		}
		p.lives()
		return false
	})
}

// log shows what a failed test's process said.
func (p *process) log() {
	if p.t.Failed() {
		p.t.Logf("%s said %s", p.name, p.out)
	}
}

// ready waits until the process says that it is.
func (p *process) ready() service.Announcement {
	p.t.Helper()
	defer p.log()
	a := p.announced()
	testwait.Until(p.t, p.name+" is ready", func() bool {
		p.lives()
		return service.Health(p.t.Context(), a.AdminAddress+"/readyz") == nil
	})
	return a
}

// announced waits until the process says where it is.
func (p *process) announced() (a service.Announcement) {
	p.t.Helper()
	defer p.log()
	testwait.Until(p.t, p.name+" is announced", func() bool {
		p.lives()
		var err error
		a, err = service.ReadAnnouncement(p.file)
		return err == nil
	})
	return a
}

func (p *process) lives() {
	p.t.Helper()
	select {
	case status := <-p.status:
		p.t.Fatalf("%s ended with %d", p.name, status)
	default:
	}
}

func (p *process) end() {
	p.t.Helper()
	p.stop()
	if status := <-p.status; status != service.ExitOK {
		p.t.Errorf("%s ended with %d: %s", p.name, status, p.out)
	}
}

// withLog is a NATS in which the log was made with args.
func withLog(t *testing.T, nats *natstest.Server, args ...string) *natstest.Server {
	t.Helper()
	if status, text := taurus(t, append([]string{"log", "create", "--nats", nats.URL()}, args...)...); status != cli.ExitOK {
		t.Fatalf("taurus log create: status %d: %s", status, text)
	}
	return nats
}

func commands() map[string]func() *cobra.Command {
	return map[string]func() *cobra.Command{
		"api": api.New, "planner": planner.New, "launcher": launcher.New, "reaper": reaper.New,
		"mesos-master": embedded.MesosMasterCommand, "mesos-agent": embedded.MesosAgentCommand,
	}
}

// TestAllRolesComeUp starts every process as a user would and waits until each
// says that it is ready, then stops them.
func TestAllRolesComeUp(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	master := start(t, embedded.MesosMasterCommand(), "--listen=127.0.0.1:0", "--work-dir="+t.TempDir())
	address := master.ready().Address
	agent := start(t, embedded.MesosAgentCommand(), "--master="+address, "--listen=127.0.0.1:0", "--work-dir="+t.TempDir(), "--executor=simulated")
	agent.ready()
	services := []*process{
		start(t, api.New(), "--nats="+nats.URL(), "--listen=127.0.0.1:0"),
		start(t, planner.New(), "--nats="+nats.URL()),
		start(t, launcher.New(), "--nats="+nats.URL(), "--master="+address),
		start(t, reaper.New(), "--nats="+nats.URL()),
	}
	for _, p := range services {
		a := p.ready()
		if (a.Address != "") != (a.Role == "api") {
			t.Errorf("%s announced the address %q", a.Role, a.Address)
		}
	}
	for _, p := range append(services, agent, master) {
		p.end()
	}
}

// TestReplicasSeeEachOther: those of a role share the jobs out among them.
func TestReplicasSeeEachOther(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	for role, command := range map[string]func() *cobra.Command{"planner": planner.New, "reaper": reaper.New} {
		one := start(t, command(), "--nats="+nats.URL(), "--name="+role+"-1")
		two := start(t, command(), "--nats="+nats.URL(), "--name="+role+"-2")
		for _, p := range []*process{one, two} {
			p.says(`"members":["` + role + `-1","` + role + `-2"]`)
		}
		one.end()
		two.says(`"members":["` + role + `-2"],"partitions":64`)
		two.end()
	}
}

// framework is one as a master's /frameworks shows it.
type framework struct {
	Name            string   `json:"name"`
	User            string   `json:"user"`
	Roles           []string `json:"roles"`
	Checkpoint      bool     `json:"checkpoint"`
	FailoverTimeout float64  `json:"failover_timeout"`
	WebUIURL        string   `json:"webui_url"`
	Capabilities    []string `json:"capabilities"`
}

// TestFrameworkAsMesosSeesIt: without a checkpoint tasks end with their agent,
// without a failover timeout with the launcher.
func TestFrameworkAsMesosSeesIt(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	master := start(t, embedded.MesosMasterCommand(), "--listen=127.0.0.1:0", "--work-dir="+t.TempDir())
	defer master.end()
	address := master.ready().Address
	l := start(t, launcher.New(), "--nats="+nats.URL(), "--master="+address, "--framework-name=ours", "--framework-user=nobody",
		"--roles=a, b", "--failover-timeout=1h", "--webui-url=http://h:1", "--gpus")
	defer l.end()
	l.says(`"message":"subscribed"`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/frameworks", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got struct{ Frameworks []framework }
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := []framework{{
		Name: "ours", User: "nobody", Roles: []string{"a", "b"}, Checkpoint: true, FailoverTimeout: 3600, WebUIURL: "http://h:1",
		Capabilities: []string{"PARTITION_AWARE", "TASK_KILLING_STATE", "MULTI_ROLE", "RESERVATION_REFINEMENT", "REGION_AWARE", "GPU_RESOURCES"},
	}}
	if !reflect.DeepEqual(got.Frameworks, want) {
		t.Errorf("Mesos sees %+v, want %+v", got.Frameworks, want)
	}
}

// TestLogTellsNoPassword: neither the line at the start nor what goes wrong after
// it says with what password ZooKeeper or NATS is asked.
func TestLogTellsNoPassword(t *testing.T) {
	nats := natstest.Start(t, func(o *server.Options) { o.Username, o.Password = "me", "hunter2" })
	withLog(t, nats, "--nats-user=me", "--nats-password=hunter2")
	address := strings.Replace(nats.URL(), "nats://", "nats://me:hunter2@", 1)
	l := start(t, launcher.New(), "--nats="+address, "--master=zk://me:hunter2@127.0.0.1:1/mesos", "--log-level=trace")
	l.says("not subscribed")
	l.end()
	if text := l.out.String(); strings.Contains(text, "hunter2") ||
		!strings.Contains(text, `"master":"zk://127.0.0.1:1/mesos"`) || !strings.Contains(text, `"nats":"`+nats.URL()+`"`) {
		t.Errorf("says %s", text)
	}
}

// TestRefusesAStreamOfOtherSettings: what is fixed with the stream must not be
// asked for otherwise.
func TestRefusesAStreamOfOtherSettings(t *testing.T) {
	nats := withLog(t, natstest.Start(t), "--partitions=16", "--max-bytes=64MiB")
	first := start(t, planner.New(), "--nats="+nats.URL(), "--partitions=16", "--max-bytes=64MiB")
	first.ready()
	defer first.end()
	for _, tt := range []struct {
		args  []string
		wants []string
	}{
		{[]string{"--partitions=32"}, []string{"partitions", "32", "16"}},
		{[]string{"--partitions=16", "--replicas=3"}, []string{"replicas", "3", "1"}},
	} {
		second := start(t, planner.New(), append(tt.args, "--nats="+nats.URL())...)
		if status := <-second.status; status != service.ExitUsage {
			t.Errorf("%q: exit status %d, want %d", tt.args, status, service.ExitUsage)
		}
		for _, want := range tt.wants {
			if !strings.Contains(second.out.String(), want) {
				t.Errorf("%q: says %s, want %q in it", tt.args, second.out, want)
			}
		}
	}
	// The size may be changed while the log is in use, so it is taken as it is.
	second := start(t, planner.New(), "--nats="+nats.URL(), "--partitions=16", "--max-bytes=32MiB")
	second.ready()
	second.says("33554432")
	second.says("67108864")
	second.end()
}

// TestTakesALogOfAnotherSize: the limit is changed while all run, so one that was
// started with the old one must start again; it says that there is another.
func TestTakesALogOfAnotherSize(t *testing.T) {
	nats := withLog(t, natstest.Start(t), "--max-bytes=64MiB")
	p := start(t, planner.New(), "--nats="+nats.URL(), "--max-bytes=32MiB")
	p.says(`"max_bytes":67108864`)
	p.says(`"asked_for":33554432`)
	p.ready()
	p.end()
}

func TestGivesUpWithoutNATS(t *testing.T) {
	for role, command := range map[string]func() *cobra.Command{
		"api": api.New, "planner": planner.New, "launcher": launcher.New, "reaper": reaper.New,
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			p := start(t, command(), "--nats=nats://user:hunter2@127.0.0.1:1", "--start-timeout=200ms")
			if status := <-p.status; status != service.ExitUnreachable {
				t.Errorf("exit status %d, want %d", status, service.ExitUnreachable)
			}
			for _, want := range []string{"127.0.0.1:1", "--nats"} {
				if !strings.Contains(p.out.String(), want) {
					t.Errorf("says %s, want %q in it", p.out, want)
				}
			}
			if strings.Contains(p.out.String(), "hunter2") {
				t.Errorf("tells the password: %s", p.out)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret, empty := file("secret", "s3cret\n"), file("empty", "\n")
	colon, noPEM := file("colon", "a:b"), file("ca.pem", "no certificate")
	long := file("long", strings.Repeat("s", 4097))
	missing := filepath.Join(dir, "missing")
	work := "--work-dir=" + dir
	for _, tc := range []struct {
		role string
		args []string
		want string // the setting, and how to mend it
	}{
		{"planner", []string{"--nats=127.0.0.1:4222"}, "nats = "},
		{"planner", []string{"--nats=nats://a,,nats://b"}, "nats = "},
		{"planner", []string{"--nats="}, "nats://host:port"},
		{"planner", []string{"--nats=nats://token@a:4222"}, "tokens are not supported"},
		{"planner", []string{"--nats=nats://a:b@c:4222,nats://d:e@f:4222"}, "names another user"},
		{"planner", []string{"--nats=nats://a:b@c:4222", "--nats-user=d", "--nats-password=e"}, "names another user"},
		{"planner", []string{"--nats=nats://a:b@c:4222", "--nats-creds=" + secret}, "use one of them"},
		{"planner", []string{"--nats=nats://a:b@c:4222,nats://a:e@f:4222"}, "names another user"},
		{"planner", []string{"--nats-password=x"}, "needs --nats-user"},
		{"planner", []string{"--nats-user=a", "--nats-creds=" + secret}, "use one of them"},
		{"planner", []string{"--nats-creds=" + missing}, "nats-creds = "},
		{"planner", []string{"--nats-ca=" + missing}, "cannot be read"},
		{"planner", []string{"--nats-ca=" + noPEM}, "no PEM certificate"},
		{"planner", []string{"--nats-cert=" + noPEM}, "needs --nats-key"},
		{"planner", []string{"--nats-key=" + noPEM}, "needs --nats-cert"},
		{"planner", []string{"--nats-cert=" + noPEM, "--nats-key=" + noPEM}, "nats-cert = "},
		{"planner", []string{"--nats-cert=" + missing, "--nats-key=" + noPEM}, "no such file"},
		{"launcher", []string{"--secrets-from=file:/x"}, "use dir:PATH, env, or vault:"},
		{"launcher", []string{"--secrets-from=dir:"}, "say which"},
		{"launcher", []string{"--secrets-from=env:X"}, "takes nothing behind it"},
		{"launcher", []string{"--secrets-from=dir:" + missing}, "no such file"},
		{"launcher", []string{"--secrets-from=vault:http://vault.internal:8200", "--vault-token-file=" + secret}, "use https://"},
		{"launcher", []string{"--secrets-from=vault:https://vault:8200", "--vault-token-file=" + secret, "--vault-ca=" + noPEM}, "holds no certificate"},
		{"launcher", []string{"--secrets-from=dir:" + dir, "--vault-ca=" + noPEM}, "needs --secrets-from vault:URL"},
		{"launcher", []string{"--vault-token-file=" + secret}, "needs --secrets-from vault:URL"},
		{"launcher", []string{"--secrets-timeout=1ms"}, "use 100ms to 1m0s"},
		{"launcher", []string{"--secrets-url=https://a:1"}, "needs --secrets-listen"},
		{"launcher", []string{"--secrets-tls-key=" + noPEM}, "needs --secrets-listen"},
		{"launcher", []string{"--secrets-listen=:0", "--secrets-from=dir:" + dir}, "over TLS only"},
		{"launcher", []string{"--secrets-listen=:0", "--secrets-tls-cert=" + noPEM, "--secrets-tls-key=" + noPEM}, "needs --secrets-from"},
		{"launcher", []string{"--secrets-listen=8084", "--secrets-from=dir:" + dir, "--secrets-tls-cert=" + noPEM, "--secrets-tls-key=" + noPEM}, "use host:port"},
		{"launcher", []string{"--secrets-listen=:0", "--secrets-url=http://a", "--secrets-from=dir:" + dir, "--secrets-tls-cert=" + noPEM, "--secrets-tls-key=" + noPEM}, "use https://host:port"},
		{"launcher", []string{"--secrets-listen=127.0.0.1:0", "--secrets-from=dir:" + dir, "--secrets-tls-cert=" + noPEM, "--secrets-tls-key=" + noPEM}, "read the certificate"},
		{"planner", []string{"--stream=a.b"}, "no blanks, dots"},
		{"planner", []string{"--stream="}, "no blanks, dots"},
		{"planner", []string{"--replicas=2"}, "use 1, 3 or 5"},
		{"planner", []string{"--partitions=0"}, "use 1 or more"},
		{"planner", []string{"--max-bytes=much"}, "max-bytes"},
		{"planner", []string{"--master=127.0.0.1:5050"}, "unknown flag: --master"},
		{"api", []string{"--listen=8080"}, "host:port"},
		{"api", []string{"--body-max=0"}, "more than 0"},
		{"api", []string{"--anonymous=two words"}, "the name of a role"},
		{"reaper", []string{"--principal=p"}, "--secret-file"},
		{"reaper", []string{"--secret-file=" + secret}, "needs --principal"},
		{"reaper", []string{"--principal=p", "--secret-file=" + missing}, "cannot be read"},
		{"reaper", []string{"--principal=p", "--secret-file=" + empty}, "must hold one secret"},
		{"reaper", []string{"--principal=p", "--secret-file=" + long}, "must hold one secret"},
		{"reaper", []string{"--principal=p", "--secret-file=" + colon}, "must not contain ':'"},
		{"reaper", []string{"--principal=p", "--secret-file=" + secret}, "--mesos-hosts"},
		{"reaper", []string{"--mesos-cert=" + noPEM}, "could go nowhere"},
		{"reaper", []string{"--mesos-hosts=a:b"}, "mesos-hosts = "},
		{"api", []string{"--mesos-hosts=10.0.0.0/33"}, "a network such as 10.0.0.0/8"},
		{"launcher", []string{"--mesos-hosts=u:p@a"}, "credentials go into principal and secret"},
		{"launcher", []string{"--master=http://mesos1:5050", "--mesos-insecure"}, "https://"},
		{"reaper", []string{"--master=mesos1"}, "needs a host and a port"},
		{"reaper", []string{"--mesos-ca=" + noPEM}, "mesos-ca = "},
		{"reaper", []string{"--mesos-cert=" + noPEM}, "mesos-cert = "},
		{"launcher", []string{"--mesos-key=" + noPEM}, "--mesos-key"},
		{"launcher", []string{"--master="}, "is missing"},
		{"launcher", []string{"--master=mesos1"}, "needs a host and a port"},
		{"launcher", []string{"--master=ftp://mesos1:5050"}, `scheme "ftp"`},
		{"launcher", []string{"--framework-name="}, "framework-name = "},
		{"launcher", []string{"--framework-user="}, "exists on the agents"},
		{"launcher", []string{"--roles=a,"}, "empty role"},
		{"launcher", []string{"--failover-timeout=0s"}, "kills every task"},
		{"launcher", []string{"--lease-ttl=10ms"}, "use 1s or more"},
		{"mesos-master", nil, "work-dir = "},
		{"mesos-master", []string{work, "--listen=localhost:5050"}, "want an IP"},
		{"mesos-master", []string{work, "--listen=127.0.0.1:70000"}, "0 to 65535"},
		{"mesos-master", []string{work, "--credentials=" + missing}, "credentials = "},
		{"mesos-agent", nil, "work-dir = "},
		{"mesos-agent", []string{work, "--resources=lots"}, "resources = "},
		{"mesos-agent", []string{work, "--attributes=:"}, "attributes = "},
		{"mesos-agent", []string{work, "--credentials=" + missing}, "credentials = "},
		{"mesos-agent", []string{work, "--executor=podman"}, "docker, process or simulated"},
	} {
		t.Run(tc.role+" "+strings.ReplaceAll(strings.Join(tc.args, " "), dir, ""), func(t *testing.T) {
			p := start(t, commands()[tc.role](), tc.args...)
			if status := <-p.status; status != service.ExitUsage {
				t.Errorf("exit status %d, want %d", status, service.ExitUsage)
			}
			if !strings.Contains(p.out.String(), tc.want) {
				t.Errorf("says %s, want %q in it", p.out, tc.want)
			}
		})
	}
}

func TestMasterFromTheEnvironment(t *testing.T) {
	t.Setenv("MESOS_MASTER", "ftp://from-the-alias:1")
	p := start(t, launcher.New())
	if status := <-p.status; status != service.ExitUsage || !strings.Contains(p.out.String(), "MESOS_MASTER") {
		t.Errorf("exit status %d, says %s; want the variable in it", status, p.out)
	}
}

func TestHelp(t *testing.T) {
	for role, command := range commands() {
		t.Run(role, func(t *testing.T) {
			var out bytes.Buffer
			cmd := command()
			cmd.SetOut(&out)
			cmd.SetArgs([]string{"--help"})
			if status := service.Execute(t.Context(), cmd); status != service.ExitOK {
				t.Fatalf("exit status %d", status)
			}
			golden := filepath.Join("testdata", role+".golden")
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if out.String() != string(want) {
				t.Errorf("help differs from %s (go test -update writes it anew):\n%s", golden, &out)
			}
		})
	}
}
