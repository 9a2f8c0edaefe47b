package wiring_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring/embedded"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	api "github.com/milosgajdos/taurus/services/api/command"
	launcher "github.com/milosgajdos/taurus/services/launcher/command"
	planner "github.com/milosgajdos/taurus/services/planner/command"
	reaper "github.com/milosgajdos/taurus/services/reaper/command"
)

// admin is a way around taurus, for what only tests and operators do.
func admin(t *testing.T, url string) natsjs.JetStream {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// streams are what NATS has, sorted.
func streams(t *testing.T, js natsjs.JetStream) string {
	t.Helper()
	var names []string
	for name := range js.StreamNames(t.Context()).Name() {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// taurus runs the command line and returns its exit status and all it said.
func taurus(t *testing.T, args ...string) (int, string) {
	t.Helper()
	app := cli.NewApp()
	out := &output{}
	app.Out, app.Err, app.Getenv = out, out, func(string) string { return "" }
	return app.Run(t.Context(), args), out.String()
}

func services() map[string]func() *cobra.Command {
	return map[string]func() *cobra.Command{"api": api.New, "planner": planner.New, "launcher": launcher.New, "reaper": reaper.New}
}

// refused wants a service to end because there is no log, with what to do about it.
func refused(t *testing.T, p *process) {
	t.Helper()
	status := <-p.status
	if text := p.out.String(); status != service.ExitUsage || !strings.Contains(text, "there is no stream TAURUS") ||
		!strings.Contains(text, "taurus log create") || !strings.Contains(text, "docs/operating.md") {
		t.Errorf("exit status %d, want %d: %s", status, service.ExitUsage, text)
	}
}

// TestNoServiceMakesALog: each ends at once, and says what to do.
func TestNoServiceMakesALog(t *testing.T) {
	nats := natstest.Start(t)
	for role, command := range services() {
		t.Run(role, func(t *testing.T) {
			args := []string{"--nats=" + nats.URL()}
			if role == "api" {
				args = append(args, "--listen=127.0.0.1:0")
			}
			refused(t, start(t, command(), args...))
		})
	}
	if got := streams(t, admin(t, nats.URL())); got != "" {
		t.Errorf("%s were made", got)
	}
}

// TestADeletedLogStopsAll: the services that run say so and end, and so does one
// that is started again; none goes on with an empty log in its place.
func TestADeletedLogStopsAll(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	master := start(t, embedded.MesosMasterCommand(), "--listen=127.0.0.1:0", "--work-dir="+t.TempDir())
	defer master.end()
	address := master.ready().Address
	args := func(role string) []string {
		switch role {
		case "api":
			return []string{"--nats=" + nats.URL(), "--listen=127.0.0.1:0"}
		case "launcher":
			return []string{"--nats=" + nats.URL(), "--master=" + address}
		}
		return []string{"--nats=" + nats.URL()}
	}
	running := map[string]*process{}
	for role, command := range services() {
		running[role] = start(t, command(), args(role)...)
		running[role].ready()
	}
	js := admin(t, nats.URL())
	if err := js.DeleteStream(t.Context(), "TAURUS"); err != nil {
		t.Fatal(err)
	}
	for role, p := range running {
		t.Run("running "+role, func(t *testing.T) { refused(t, p) })
	}
	for role, command := range services() {
		t.Run("restarted "+role, func(t *testing.T) { refused(t, start(t, command(), args(role)...)) })
	}
	if got, want := streams(t, js), "KV_taurus_lease TAURUS_AUDIT TAURUS_WHY"; got != want {
		t.Errorf("there are %q, want %q", got, want)
	}
	// Nor is it made again by who makes logs, for something shows that it was there.
	status, text := taurus(t, "log", "create", "--nats", nats.URL())
	if status != cli.ExitUsage || !strings.Contains(text, "it was there before") || !strings.Contains(text, "--begin-anew") {
		t.Errorf("taurus log create: status %d: %s", status, text)
	}
	if status, text = taurus(t, "log", "create", "--nats", nats.URL(), "--begin-anew"); status != cli.ExitOK {
		t.Errorf("taurus log create --begin-anew: status %d: %s", status, text)
	}
	p := start(t, planner.New(), "--nats="+nats.URL())
	p.ready()
	p.end()
}

// TestLogCreate: what is missing is made, the ledger only where there never was one.
func TestLogCreate(t *testing.T) {
	const all = "KV_taurus_lease TAURUS TAURUS_AUDIT TAURUS_WHY"
	nats := natstest.Start(t)
	js := admin(t, nats.URL())
	memo := filepath.Join(t.TempDir(), "memo")
	create := func(args ...string) (int, string) {
		return taurus(t, append([]string{"log", "create", "--nats", nats.URL(), "-o", "json"}, args...)...)
	}
	remove := func(names ...string) {
		for _, name := range names {
			if err := js.DeleteStream(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, step := range []struct {
		what   string
		before func()
		args   []string
		status int
		says   string
	}{
		{"nothing there", nil, []string{"--memo", memo}, cli.ExitOK, `"TAURUS"`},
		{"all there", nil, []string{"--memo", memo}, cli.ExitOK, `"made": []`},
		{"other settings", nil, []string{"--partitions=7"}, cli.ExitUsage, "partitions"},
		{"a crash left the others to make", func() { remove("TAURUS_WHY", "KV_taurus_lease") }, nil, cli.ExitOK, `"TAURUS_WHY"`},
		{"made by a version without an audit", func() { remove("TAURUS_AUDIT") }, []string{"--memo", memo}, cli.ExitOK, `"TAURUS_AUDIT"`},
		{"the ledger is gone", func() { remove("TAURUS") }, nil, cli.ExitUsage, "TAURUS_WHY and TAURUS_AUDIT and KV_taurus_lease"},
		{"all is gone, the memo says", func() { remove("TAURUS_WHY", "TAURUS_AUDIT", "KV_taurus_lease") }, []string{"--memo", memo}, cli.ExitUsage, "it was made once"},
		{"begun anew", nil, []string{"--memo", memo, "--begin-anew"}, cli.ExitOK, `"TAURUS"`},
	} {
		if step.before != nil {
			step.before()
		}
		status, text := create(step.args...)
		if status != step.status || !strings.Contains(text, step.says) {
			t.Errorf("%s: status %d, want %d: %s; want %s", step.what, status, step.status, text, step.says)
		}
		if status == cli.ExitOK && streams(t, js) != all {
			t.Errorf("%s: there are %s", step.what, streams(t, js))
		}
	}
	if _, err := os.Stat(memo); err != nil {
		t.Error(err)
	}
	status, text := taurus(t, "log", "create", "--nats", "127.0.0.1:4222")
	if status != cli.ExitUsage || !strings.Contains(text, "nats = ") {
		t.Errorf("a malformed address: status %d: %s", status, text)
	}
}
