package cli_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// fleet is nats-servers with the configuration of `taurus nats config`.
type fleet struct {
	t                     *testing.T
	keys                  string
	confs, stores, listen []string
	routes                []string
	running               []*server.Server
}

func newFleet(t *testing.T, n int) *fleet {
	t.Helper()
	c := &fleet{t: t, keys: t.TempDir()}
	for i := range n {
		c.listen, c.routes = append(c.listen, freeAddress(t)), append(c.routes, freeAddress(t))
		c.stores = append(c.stores, filepath.Join(t.TempDir(), "nats"))
		c.confs = append(c.confs, filepath.Join(c.keys, natskeys.ServerDir, fmt.Sprintf("n%d.conf", i+1)))
	}
	c.taurus("keys", c.keys, "--routes", strings.Join(c.routes, ","))
	for i := range n {
		args := []string{
			"config", "--keys", filepath.Join(c.keys, natskeys.ServerDir), "--name", fmt.Sprintf("n%d", i+1),
			"--listen", c.listen[i], "--store-dir", c.stores[i], "--write", c.confs[i],
		}
		if n > 1 {
			args = append(args, "--cluster", "c", "--cluster-listen", c.routes[i])
		}
		c.taurus(args...)
	}
	t.Cleanup(func() { c.stop() })
	return c
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (c *fleet) taurus(args ...string) {
	c.t.Helper()
	a := cli.NewApp()
	a.Out, a.Err = c.t.Output(), c.t.Output()
	if status := a.Run(c.t.Context(), append([]string{"nats"}, args...)); status != 0 {
		c.t.Fatalf("taurus nats %q: status %d", args, status)
	}
}

// start starts all servers. Before roles had accounts of their own the users were all in
// one, without a name.
func (c *fleet) start(before bool) {
	c.t.Helper()
	c.running = nil
	for _, conf := range c.confs {
		text, err := os.ReadFile(conf)
		if err != nil {
			c.t.Fatal(err)
		}
		used := filepath.Join(filepath.Dir(conf), "used-"+filepath.Base(conf))
		if before {
			users := regexp.MustCompile(`(?s)\n      \{\n.*?\n      \}`).FindAllString(string(text), -1)
			text = append(regexp.MustCompile(`(?s)\naccounts \{.*`).ReplaceAll(text, nil),
				"\nauthorization { users: ["+strings.Join(users, "")+"\n] }\n"...)
		}
		if err := os.WriteFile(used, text, 0o600); err != nil {
			c.t.Fatal(err)
		}
		opts, err := server.ProcessConfigFile(used)
		if err != nil {
			c.t.Fatalf("%v\n%s", err, text)
		}
		opts.NoSigs, opts.NoLog = true, true
		ns, err := server.NewServer(opts)
		if err != nil {
			c.t.Fatal(err)
		}
		go ns.Start()
		c.running = append(c.running, ns)
	}
	testwait.Until(c.t, "the servers take clients", func() bool {
		led := len(c.running) == 1
		for _, ns := range c.running {
			if !ns.ReadyForConnections(time.Second) || len(c.running) > 1 && !ns.JetStreamIsCurrent() {
				return false
			}
			led = led || ns.JetStreamIsLeader()
		}
		return led
	})
}

func (c *fleet) stop() {
	for _, ns := range c.running {
		ns.Shutdown()
		ns.WaitForShutdown()
	}
}

// TestStreamsAreTakenOver from servers that had all roles in one account, as
// docs/operating.md has it: by an export, and of a server of its own by a folder that
// is renamed.
func TestStreamsAreTakenOver(t *testing.T) {
	for name, tc := range map[string]struct {
		servers int
		rename  bool
	}{
		"R1, renamed": {1, true}, "R1, exported": {1, false}, "R3, exported": {3, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newFleet(t, tc.servers)
			c.start(true)
			o := &operator{t: t, urls: "nats://" + strings.Join(c.listen, ",nats://"), key: natskeys.Seed(c.keys, natsauth.Admin)}
			o.want(0, "", words(fmt.Sprintf("create --replicas %d", tc.servers)))
			m := o.jobs(9)
			state := o.state(m)
			file := filepath.Join(t.TempDir(), "taurus.ndjson")
			o.want(0, "", words("export "+file))
			c.stop()
			for _, store := range c.stores {
				from, to := filepath.Join(store, "jetstream", "$G"), filepath.Join(store, "jetstream", natsauth.LogAccount)
				if !tc.rename {
					from, to = store, store+".before"
				}
				if err := os.Rename(from, to); err != nil {
					t.Fatal(err)
				}
			}
			c.start(false)
			if !tc.rename {
				o.want(0, "", words(fmt.Sprintf("restore %s --replicas %d", file, tc.servers)), "restored 10 records")
			}
			o.want(0, "", words(fmt.Sprintf("create --replicas %d", tc.servers)))
			o.want(0, "", words("check --state-dir "+state), "10 records", "the log is whole")
			if m := o.jobs(2); m.Sequence != 13 {
				t.Errorf("the log goes on at %d, want 13", m.Sequence)
			}
		})
	}
}
