package wiring_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	planner "github.com/milosgajdos/taurus/services/planner/command"
)

// tellsSeed reports whether a text holds the secret half of a key.
func tellsSeed(text string) bool { return regexp.MustCompile(`\bSU[A-Z2-7]{56}\b`).MatchString(text) }

// closedNATS has the keys made by command, and a server that takes no others.
func closedNATS(t *testing.T) (url, keys string) {
	t.Helper()
	keys = t.TempDir()
	status, text := taurus(t, "nats", "keys", keys)
	if status != cli.ExitOK || tellsSeed(text) {
		t.Fatalf("taurus nats keys: status %d: %s", status, text)
	}
	public, err := natskeys.Public(filepath.Join(keys, natskeys.ServerDir))
	if err != nil {
		t.Fatal(err)
	}
	s, err := natsserver.Start(t.Context(), natsserver.Options{
		Listen: "127.0.0.1:0", StoreDir: t.TempDir(), Log: zerolog.Nop(),
		Users: natsauth.Users(public, natsauth.StreamsOf("TAURUS")),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return "nats://" + s.Addr(), keys
}

// TestKeys: a service comes up with the key of its role and with no other, and the log
// is made with the admin's.
func TestKeys(t *testing.T) {
	url, keys := closedNATS(t)
	key := func(r natsauth.Role) string { return "--nats-nkey=" + natskeys.Seed(keys, r) }
	for _, r := range []natsauth.Role{natsauth.API, natsauth.Observer} {
		if status, text := taurus(t, "log", "create", "--nats", url, key(r)); status != cli.ExitUsage || !strings.Contains(text, "NATS denies") {
			t.Errorf("the log made by %s: status %d: %s", r, status, text)
		}
	}
	if status, text := taurus(t, "log", "create", "--nats", url, key(natsauth.Admin)); status != cli.ExitOK {
		t.Fatalf("the log made by the admin: status %d: %s", status, text)
	}
	p := start(t, planner.New(), "--nats="+url, key(natsauth.Planner))
	p.ready()
	p.end()
	if text := p.out.String(); strings.Contains(text, "denies") || strings.Contains(text, "NATS is open") {
		t.Errorf("with its key: %s", text)
	}
	stranger := start(t, planner.New(), "--nats="+url)
	if status := <-stranger.status; status != service.ExitUsage || !strings.Contains(stranger.out.String(), "Authorization Violation") {
		t.Errorf("without a key: status %d: %s", status, stranger.out)
	}
	other := start(t, planner.New(), "--nats="+url, key(natsauth.Reaper))
	other.says("NATS denies it to this user")
	other.says("see whether its key is that of its role")
	other.end()
}

// TestAnOpenNATSIsSaid, once: it is fine to try taurus, and not for more.
func TestAnOpenNATSIsSaid(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	p := start(t, planner.New(), "--nats="+nats.URL())
	p.ready()
	p.end()
	if n := strings.Count(p.out.String(), "NATS is open"); n != 1 {
		t.Errorf("says %d times that NATS is open: %s", n, p.out)
	}
}

// TestKeyRefusals: what is wrong with a key is said before anything is connected to.
func TestKeyRefusals(t *testing.T) {
	dir := t.TempDir()
	if _, err := natskeys.Make(dir, natskeys.Options{}); err != nil {
		t.Fatal(err)
	}
	seed := natskeys.Seed(dir, natsauth.Planner)
	open, none := filepath.Join(dir, "open"), filepath.Join(dir, "none")
	text, err := os.ReadFile(seed)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(open, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--nats-nkey=" + open}, "chmod 600"},
		{[]string{"--nats-nkey=" + none}, "no such file"},
		{[]string{"--nats-nkey=" + filepath.Join(dir, "server", "planner.pub")}, "holds no key"},
		{[]string{"--nats-nkey=" + seed, "--nats-user=a", "--nats-password=b"}, "use one of them"},
		{[]string{"--nats-nkey=" + seed, "--nats-creds=" + seed}, "use one of them"},
	} {
		p := start(t, planner.New(), c.args...)
		if status := <-p.status; status != service.ExitUsage || !strings.Contains(p.out.String(), c.want) || strings.Contains(p.out.String(), strings.TrimSpace(string(text))) {
			t.Errorf("%q: status %d, says %s, want %q in it", c.args, status, p.out, c.want)
		}
	}
}

// TestNATSConfigRefusals: what `taurus nats config` cannot make a server of.
func TestNATSConfigRefusals(t *testing.T) {
	dir := t.TempDir()
	if status, text := taurus(t, "nats", "keys", dir, "--routes", "n1:6222,n2:6222"); status != cli.ExitOK {
		t.Fatalf("status %d: %s", status, text)
	}
	keys := filepath.Join(dir, "server")
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"config"}, cli.ExitUsage, "--keys is missing"},
		{[]string{"config", "--keys", dir}, cli.ExitUsage, "taurus nats keys"},
		{[]string{"config", "--keys", keys, "--tls-cert", "x"}, cli.ExitUsage, "give both"},
		{[]string{"config", "--keys", keys, "--tls-ca", "x"}, cli.ExitUsage, "needs --tls-cert"},
		{[]string{"config", "--keys", keys, "--listen", "x"}, cli.ExitUsage, "give host:port"},
		{[]string{"config", "--keys", keys}, cli.ExitOK, "sync_interval: always"},
		{[]string{"config", "--keys", keys, "--cluster", "c"}, cli.ExitOK, `include "cluster.conf"`},
		{[]string{"keys", dir, "--owner", "me"}, cli.ExitUsage, "UID:GID"},
		{[]string{"keys", dir, "--routes", "n1"}, cli.ExitUsage, "give host:port"},
	} {
		status, text := taurus(t, append([]string{"nats"}, c.args...)...)
		if status != c.status || !strings.Contains(text, c.want) || tellsSeed(text) {
			t.Errorf("%q: status %d, says %s, want %q in it", c.args, status, text, c.want)
		}
	}
}
