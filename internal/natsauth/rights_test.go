package natsauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/eventlogtest"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
)

func TestMain(m *testing.M) { testwait.Main(m) }

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testwait.Patience)
	t.Cleanup(cancel)
	return ctx
}

// closed is a NATS that knows the roles.
type closed struct {
	urls     string
	keys     string // The directory of all keys.
	replicas int
	// restart stops all servers and starts them again, with the same stores.
	restart func(testing.TB)
	// servers are those that run; nil for the embedded one, which shows less.
	servers func() []*server.Server
}

func makeKeys(t testing.TB, routes ...string) (dir string, users []natsauth.User) {
	t.Helper()
	dir = t.TempDir()
	if _, err := natskeys.Make(dir, natskeys.Options{Routes: routes}); err != nil {
		t.Fatal(err)
	}
	public, err := natskeys.Public(filepath.Join(dir, natskeys.ServerDir))
	if err != nil {
		t.Fatal(err)
	}
	return dir, natsauth.Users(public, streams)
}

// embedded is the server of dev, demo and Compose.
func embedded(t testing.TB, more ...string) closed {
	t.Helper()
	dir, users := makeKeys(t)
	for i := range users {
		users[i].Publish = append(users[i].Publish, more...)
	}
	o := natsserver.Options{Listen: freePort(t), StoreDir: t.TempDir(), Users: users, Log: zerolog.Nop()}
	var running *natsserver.Server
	start := func(t testing.TB) {
		s, err := natsserver.Start(within(t), o)
		if err != nil {
			t.Fatal(err)
		}
		running = s
	}
	start(t)
	t.Cleanup(func() { running.Close() })
	return closed{urls: "nats://" + o.Listen, keys: dir, replicas: 1, restart: func(t testing.TB) {
		running.Close()
		start(t)
	}}
}

func freePort(t testing.TB) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(natstest.FreePorts(t, 1)[0]))
}

// configured are servers with the configuration that `taurus nats config` prints, with
// each of some texts in it replaced.
func configured(t testing.TB, n int, replaced ...string) closed {
	t.Helper()
	replacer := strings.NewReplacer(replaced...)
	var routes, clients, urls, confs, stores []string
	for range n {
		routes, clients = append(routes, freePort(t)), append(clients, freePort(t))
	}
	dir, users := makeKeys(t, routes...)
	for i := range n {
		s := natsauth.Server{
			Name: "n" + strconv.Itoa(i+1), Listen: clients[i], StoreDir: t.TempDir(), MaxPayload: jetstream.MaxPayload, Users: users,
		}
		if n > 1 {
			s.Cluster = &natsauth.Cluster{Name: "c", Listen: routes[i], Secret: natskeys.ClusterFile}
		}
		conf := filepath.Join(dir, natskeys.ServerDir, s.Name+".conf") // Beside the secret.
		if err := os.WriteFile(conf, []byte(replacer.Replace(s.Config())), 0o600); err != nil {
			t.Fatal(err)
		}
		confs, stores, urls = append(confs, conf), append(stores, s.StoreDir), append(urls, "nats://"+clients[i])
	}
	running := startConfigured(t, confs)
	stop := func() {
		for _, ns := range running {
			ns.Shutdown()
			ns.WaitForShutdown()
		}
	}
	t.Cleanup(func() { stop() })
	return closed{urls: strings.Join(urls, ","), keys: dir, replicas: n, servers: func() []*server.Server { return running }, restart: func(t testing.TB) {
		stop()
		if n == 1 {
			forgetConsumers(t, stores[0])
		}
		running = startConfigured(t, confs)
	}}
}

// startConfigured returns once the servers take clients.
func startConfigured(t testing.TB, confs []string) (running []*server.Server) {
	t.Helper()
	for _, conf := range confs {
		opts, err := server.ProcessConfigFile(conf)
		if err != nil {
			t.Fatal(err)
		}
		if !opts.SyncAlways || opts.HTTPPort != 0 || opts.HTTPSPort != 0 {
			t.Errorf("sync always %t, monitoring at %d and %d", opts.SyncAlways, opts.HTTPPort, opts.HTTPSPort)
		}
		opts.NoSigs, opts.NoLog = true, true
		ns, err := server.NewServer(opts)
		if err != nil {
			t.Fatal(err)
		}
		go ns.Start()
		running = append(running, ns)
	}
	testwait.Until(t, "the servers take clients", func() bool {
		led := len(running) == 1
		for _, ns := range running {
			if !ns.ReadyForConnections(time.Second) || len(running) > 1 && !ns.JetStreamIsCurrent() {
				return false
			}
			led = led || ns.JetStreamIsLeader()
		}
		return led
	})
	return running
}

func (c closed) options(r natsauth.Role) jetstream.Options {
	return jetstream.Options{
		URL: c.urls, Name: string(r), NKeySeed: natskeys.Seed(c.keys, r), InboxPrefix: c.inbox(r), Replicas: c.replicas,
	}
}

// inbox is where a role is answered.
func (c closed) inbox(r natsauth.Role) string {
	public, err := natskeys.Check(natskeys.Seed(c.keys, r))
	if err != nil {
		panic(err)
	}
	return natsauth.InboxPrefix(public)
}

func why(o jetstream.Options) jetstream.Options {
	o.Stream, o.Kind, o.Subjects = streams.Why, jetstream.Bounded, []string{"taurus.why.>"}
	return o
}

func audit(o jetstream.Options) jetstream.Options {
	o.Stream, o.Kind, o.Subjects = streams.Audit, jetstream.Bounded, []string{"taurus.audit.>"}
	return o
}

// begin makes the log, as the admin.
func (c closed) begin(t testing.TB) {
	t.Helper()
	o := c.options(natsauth.Admin)
	if err := errors.Join(jetstream.Create(within(t), o), jetstream.Create(within(t), why(o)), jetstream.Create(within(t), audit(o)), jetstream.CreateLeases(within(t), o)); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, o jetstream.Options) *jetstream.Log {
	t.Helper()
	l, err := jetstream.Open(within(t), o)
	if err != nil {
		t.Fatalf("open as %s: %v", o.Name, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// client is a connection of a role that says what it is denied.
type client struct {
	*nats.Conn
	denied chan string
}

func (c closed) connect(t testing.TB, r natsauth.Role) client {
	t.Helper()
	key, err := nats.NkeyOptionFromSeed(natskeys.Seed(c.keys, r))
	if err != nil {
		t.Fatal(err)
	}
	denied := make(chan string, 1000)
	nc, err := nats.Connect(c.urls, key, nats.CustomInboxPrefix(c.inbox(r)),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrPermissionViolation) {
				denied <- err.Error()
			}
		}))
	if err != nil {
		t.Fatalf("connect as %s: %v", r, err)
	}
	t.Cleanup(nc.Close)
	return client{nc, denied}
}

// deny wants what do does with a subject to be denied.
func (c client) deny(t *testing.T, what, subject string, do func() error) {
	t.Helper()
	if err := errors.Join(do(), c.FlushTimeout(testwait.Patience)); err != nil && !errors.Is(err, nats.ErrPermissionViolation) {
		t.Fatalf("%s %s: %v", what, subject, err)
	}
	for {
		select {
		case text := <-c.denied:
			if strings.Contains(text, `"`+subject+`"`) {
				return
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s %s is not denied", what, subject)
			return
		}
	}
}

// sample is a subject that falls under a pattern.
func sample(pattern string) string {
	return strings.ReplaceAll(strings.ReplaceAll(pattern, "*", "7"), ">", "x.y")
}

// forbidden are the subjects of every other role, and of admins, that are not a
// role's own.
func (c closed) forbidden(r natsauth.Role) []string {
	var all []string
	for _, other := range natsauth.Roles() {
		for _, pattern := range natsauth.Publish(other, streams) {
			if subject := sample(pattern); !allowed(r, subject) {
				all = append(all, subject)
			}
		}
		if other != r {
			all = append(all, c.inbox(other)+".x")
		}
	}
	if r != natsauth.Admin {
		all = append(all, manages()...)
	}
	return append(all, "taurus.ev.ctl.other", "taurus.ev.0.other.web", "taurus.ev.0.job.web.extra", "taurus.other", "$KV.taurus_lease.other",
		"$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.$G.INFO", "$JS.ACK.TAURUS.c.1.1.1.1.0", "foo")
}

func (c closed) run(t *testing.T) {
	c.begin(t)
	for _, r := range natsauth.Roles() {
		t.Run(string(r), func(t *testing.T) { c.denies(t, r) })
	}
	t.Run("what is another's", c.refuses)
	t.Run("each does its work", c.works)
	t.Run("a stranger", c.strangers)
	l := open(t, c.options(natsauth.Observer))
	if b, err := l.Bounds(within(t)); err != nil || b.Last != 9 {
		t.Errorf("bounds %+v, %v: other records than those that were allowed", b, err)
	}
}

// denies tries all that a role may not do. Nobody is told of it but who tries.
func (c closed) denies(t *testing.T, r natsauth.Role) {
	nc := c.connect(t, r)
	n := 0
	for _, subject := range c.forbidden(r) {
		if r == natsauth.Admin && allowed(r, subject) {
			continue
		}
		n++
		nc.deny(t, "publish", subject, func() error { return nc.Publish(subject, []byte("{}")) })
	}
	if n < 10 {
		t.Errorf("only %d subjects are forbidden", n)
	}
	for _, subject := range []string{
		">", "taurus.>", "taurus.ev.>", "taurus.why.>", "taurus.audit.>", "$KV.>", "$JS.API.>", "$JS.EVENT.>", "$SYS.>", "_INBOX.>", "_INBOX_other.>", "*.x",
	} {
		nc.deny(t, "subscribe", subject, func() error {
			_, err := nc.SubscribeSync(subject)
			return err
		})
	}
}

// refuses has a role append what is another's: what is denied is an error that says so,
// and not one after which it may be stored.
func (c closed) refuses(t *testing.T) {
	o := c.options(natsauth.Planner)
	o.AppendTimeout = time.Second
	l := open(t, o)
	theirs := func(n int) eventlog.Entry {
		return eventlog.Fact(eventlog.Message{Subject: "taurus.ev.0.kill.web" + strconv.Itoa(n), Data: []byte("{}")})
	}
	for what, entries := range map[string][]eventlog.Entry{
		"one": {theirs(0)}, "a few": {theirs(0), theirs(1)},
		"a batch": {eventlog.Decision(theirs(0).Message, 0), eventlog.Decision(theirs(1).Message, 0)},
	} {
		_, err := l.Append(within(t), entries...)
		var denied *jetstream.DeniedError
		if !errors.As(err, &denied) || errors.Is(err, eventlog.ErrOutcomeUnknown) {
			t.Errorf("%s: %v, want a DeniedError", what, err)
		}
	}
}

// works has each role write and read what is its own.
func (c closed) works(t *testing.T) {
	space := events.NewSpace(0)
	for r, subjects := range map[natsauth.Role][]string{
		natsauth.API: {space.Job("a/b.c"), events.AgentsSubject, events.AccessSubject}, natsauth.Planner: {space.Plan("web"), "taurus.ev.ctl.seal"},
		natsauth.Launcher: {space.Task("web", 3), space.Launcher(0)}, natsauth.Reaper: {space.Kill("web")}, natsauth.Admin: {"taurus.ev.ctl.log"},
	} {
		l := open(t, c.options(r))
		for _, subject := range subjects {
			if _, err := l.Append(within(t), eventlog.Decision(eventlog.Message{Subject: subject, Data: []byte("{}")}, 0)); err != nil {
				t.Errorf("%s appends %s: %v", r, subject, err)
			}
		}
	}
	launcher := open(t, why(c.options(natsauth.Launcher)))
	if _, err := launcher.Append(within(t), eventlog.Fact(eventlog.Message{Subject: space.Why("web"), Data: []byte("{}")})); err != nil {
		t.Error(err)
	}
	api := open(t, audit(c.options(natsauth.API)))
	if _, err := api.Append(within(t), eventlog.Fact(eventlog.Message{Subject: events.AuditDone, Data: []byte("{}")})); err != nil {
		t.Error(err)
	}
	for _, r := range natsauth.Roles() {
		l := open(t, c.options(r))
		n := 0
		for _, err := range l.Read(within(t), 1, 9) {
			if err != nil {
				t.Fatalf("%s reads: %v", r, err)
			}
			n++
		}
		if at, err := l.SequenceAt(within(t), time.Now().Add(time.Hour)); n != 9 || err != nil || at != 9 {
			t.Errorf("%s reads %d records, up to %d, %v", r, n, at, err)
		}
		if r == natsauth.API || r == natsauth.Observer {
			for _, of := range []func(jetstream.Options) jetstream.Options{why, audit} {
				for rec, err := range open(t, of(c.options(r))).Read(within(t), 1, 1) {
					if err != nil || rec.Sequence != 1 {
						t.Errorf("%s reads %s: %+v, %v", r, of(c.options(r)).Stream, rec, err)
					}
				}
			}
		}
		leases, err := jetstream.OpenLeases(within(t), c.options(r))
		if err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		defer leases.Close()
		if r != natsauth.Admin {
			if _, err := leases.List(within(t), "planner"); err != nil {
				t.Errorf("%s lists members: %v", r, err)
			}
		}
		held, err := leases.Acquire(within(t), "launcher-0", "me", time.Minute)
		var denied *jetstream.DeniedError
		if (r == natsauth.Launcher) != (err == nil) || err != nil && !errors.As(err, &denied) {
			t.Errorf("%s acquires the lease: %v", r, err)
		}
		if err == nil {
			if err := held.Release(within(t)); err != nil {
				t.Error(err)
			}
		}
	}
}

// strangers have no key, or one that nobody knows.
func (c closed) strangers(t *testing.T) {
	unknown, _ := makeKeys(t)
	for name, o := range map[string]jetstream.Options{
		"nothing":     {URL: c.urls},
		"a password":  {URL: c.urls, User: "admin", Password: "admin"},
		"another key": {URL: c.urls, NKeySeed: natskeys.Seed(unknown, natsauth.Admin)},
	} {
		if l, err := jetstream.Open(within(t), o); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("with %s: %v, %v", name, l, err)
		}
	}
	// The public half is no key: it is not enough to name it.
	public, err := natskeys.Check(natskeys.Seed(c.keys, natsauth.Admin))
	if err != nil {
		t.Fatal(err)
	}
	for _, hello := range []string{"", `CONNECT {"verbose":true}`, `CONNECT {"verbose":true,"nkey":"` + public + `","sig":"AAAA"}`} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(strings.Split(c.urls, ",")[0], "nats://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, hello+"\r\nSUB > 1\r\nPUB $JS.API.STREAM.DELETE.TAURUS 2\r\n{}\r\nPING\r\n"); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(testwait.Patience))
		text, err := io.ReadAll(conn)
		if strings.Contains(string(text), "+OK") || strings.Contains(string(text), "PONG") || strings.Contains(string(text), "MSG ") ||
			!strings.Contains(string(text), "-ERR") {
			t.Errorf("%q is answered %q, %v", hello, text, err)
		}
	}
}

func TestRightsOfTheEmbeddedServer(t *testing.T) {
	t.Parallel()
	embedded(t).run(t)
}

func TestRightsOfTheConfigurationR1(t *testing.T) {
	t.Parallel()
	configured(t, 1).run(t)
}

func TestRightsOfTheConfigurationR3(t *testing.T) {
	t.Parallel()
	configured(t, 3).run(t)
}

// TestConformance runs the suite of the log with the rights of each role; only the
// subjects of the suite are added to those that it may write. So the table has all
// that reading and appending ask of JetStream.
func TestConformance(t *testing.T) {
	t.Parallel()
	c := embedded(t, "taurus.ev.0.>", "taurus.ev.x")
	admin := c.connect(t, natsauth.Admin)
	js, err := natsjs.New(admin.Conn)
	if err != nil {
		t.Fatal(err)
	}
	roles := natsauth.Roles()
	if testing.Short() {
		roles = []natsauth.Role{natsauth.API, natsauth.Reaper}
	}
	for _, r := range roles {
		t.Run(string(r), func(t *testing.T) {
			eventlogtest.Run(t, func(t *testing.T) eventlogtest.Harness {
				c.beginAnew(t, js)
				return eventlogtest.Harness{
					Log:     open(t, c.options(r)),
					Another: func(t testing.TB) eventlog.Log { return open(t, c.options(r)) },
				}
			})
		})
	}
}

// beginAnew makes an empty log in the place of the one before. The server removes the
// files of that in the background, and may take some for the new one's.
func (c closed) beginAnew(t *testing.T, js natsjs.JetStream) {
	t.Helper()
	for {
		if err := js.DeleteStream(within(t), streams.Ledger); err != nil && !errors.Is(err, natsjs.ErrStreamNotFound) {
			t.Fatal(err)
		}
		if err := jetstream.Create(within(t), c.options(natsauth.Admin)); err != nil {
			t.Fatal(err)
		}
		s, err := js.Stream(within(t), streams.Ledger)
		if err != nil {
			t.Fatal(err)
		}
		if s.CachedInfo().State.LastSeq == 0 {
			return
		}
	}
}

// TestRecordsOfNothing are no event, and end an answer that comes from another account:
// readers go on behind them without a stall.
func TestRecordsOfNothing(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	c.begin(t)
	nc := c.connect(t, natsauth.API)
	follower := open(t, c.options(natsauth.Planner))
	const n = 12
	read := make(chan error, 1)
	ctx := within(t)
	go func() { read <- count(ctx, follower, n) }() // As they come.
	for i := range n {
		m := &nats.Msg{Subject: "taurus.ev.0.job.web"}
		if i%3 == 2 {
			m.Data = []byte("{}")
		}
		if _, err := nc.RequestMsgWithContext(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
	start := time.Now()
	if err := count(ctx, follower, n); err != nil {
		t.Error(err)
	}
	if d := time.Since(start); d > 10*time.Second { // A stall of two seconds each would be longer.
		t.Errorf("reading takes %s", d)
	}
	l := open(t, c.options(natsauth.API))
	for range 3 {
		if _, err := l.Append(ctx, eventlog.Fact(eventlog.Message{Subject: "taurus.ev.0.job.web"})); err != nil {
			t.Fatal(err)
		}
	}
	for rec, err := range l.Read(ctx, n+1, n+3) {
		if err != nil || len(rec.Header) != 0 || len(rec.Data) != 0 {
			t.Errorf("%+v, %v", rec, err)
		}
	}
}

func count(ctx context.Context, l eventlog.Log, n uint64) error {
	got := uint64(0)
	for _, err := range l.Read(ctx, 1, n) {
		if err != nil {
			return err
		}
		got++
	}
	if got != n {
		return fmt.Errorf("%d records, want %d", got, n)
	}
	return nil
}
