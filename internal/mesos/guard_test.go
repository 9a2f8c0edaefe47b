package mesos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// rogue is a host that no configuration names, and writes down what it is sent.
type rogue struct {
	*httptest.Server

	mu   sync.Mutex
	sent []http.Header
}

func newRogue(t *testing.T) *rogue {
	t.Helper()
	r := &rogue{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.sent = append(r.sent, req.Header.Clone())
		r.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *rogue) host() string { return r.Listener.Addr().String() }

// heard is how many requests came, and whether there was anything secret in them.
func (r *rogue) heard() (requests int, secrets bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range r.sent {
		secrets = secrets || h.Get("Authorization") != ""
	}
	return len(r.sent), secrets
}

// heardNothing fails the test if it was asked at all.
func (r *rogue) heardNothing(t *testing.T, when string) {
	t.Helper()
	if n, secrets := r.heard(); n != 0 {
		t.Errorf("%s: the stranger got %d requests, credentials: %t", when, n, secrets)
	}
}

// refusedAsUnnamed fails the test unless an error names the host and the setting,
// and tells no secret.
func refusedAsUnnamed(t *testing.T, err error, host, when string) {
	t.Helper()
	var bad *HostError
	if !errors.As(err, &bad) || !errors.Is(err, ErrHostNotNamed) || errors.Is(err, ErrUnavailable) {
		t.Errorf("%s: got %v, want a *HostError", when, err)
		return
	}
	for _, want := range []string{host, "--mesos-hosts", "--master"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not speak of %s", when, err, want)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%s: %v tells the secret", when, err)
	}
}

func secretConfig(master string) Config {
	cfg := testConfig(master)
	cfg.Principal, cfg.Secret = "taurus", "s3cret"
	return cfg
}

// A master that redirects to a stranger gets our credentials to it by no call.
func TestStrangersGetNothingByARedirect(t *testing.T) {
	for name, location := range map[string]string{
		"as Mesos does":  "//%s/master/api/v1/scheduler",
		"absolute":       "http://%s/",
		"with a user":    "http://127.0.0.1@%s/",
		"with our host":  "http://%[1]s/?//127.0.0.1:5050",
		"with a fancy #": "http://%[1]s#@127.0.0.1",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRogue(t)
			at := plainServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", fmt.Sprintf(location, r.host()))
				w.WriteHeader(http.StatusTemporaryRedirect)
			})
			c := testClient(t, secretConfig(at))
			_, err := c.Subscribe(t.Context(), testInfo())
			refusedAsUnnamed(t, err, r.host(), "SUBSCRIBE")
			_, err = c.Tasks(t.Context(), testFramework)
			refusedAsUnnamed(t, err, r.host(), "GET_TASKS")
			r.heardNothing(t, name)
		})
	}
	t.Run("at a call", func(t *testing.T) {
		r, m := newRogue(t), newFakeMaster(t)
		s := m.subscribed(t, secretConfig(m.host()))
		m.answer = func(w http.ResponseWriter, req *http.Request, _ *scheduler.Call) { redirecting(r.host())(w, req) }
		for what, err := range map[string]error{
			"REVIVE":      s.Revive(t.Context(), nil),
			"ACKNOWLEDGE": s.Acknowledge(t.Context(), "a", "t", []byte("u")),
		} {
			if !errors.Is(err, ErrStaleStream) {
				t.Errorf("%s: %v", what, err)
			}
		}
		k, err := NewKiller(secretConfig(m.host()))
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		if err := k.Kill(t.Context(), s.Target(), "t", "a", 0); !errors.Is(err, ErrStaleStream) {
			t.Errorf("KILL: %v", err)
		}
		r.heardNothing(t, "a call")
	})
}

// A redirect to a stranger stands in nobody's way: the leader is found if it is
// named too, by whatever name it goes.
func TestLeaderIsFoundBehindARedirectToAStranger(t *testing.T) {
	for _, secret := range []bool{true, false} {
		r, m := newRogue(t), newFakeMaster(t)
		cfg := testConfig(plainServer(t, redirecting(r.host())) + "," + m.host())
		if secret {
			cfg.Principal, cfg.Secret = "taurus", "s3cret"
		}
		s := m.subscribed(t, cfg)
		if s.Master() != "http://"+m.host() {
			t.Errorf("subscribed with %s", s.Master())
		}
		r.heardNothing(t, "named masters first")
	}
}

// Without anything secret, and unless hosts are named, a redirect is followed
// wherever it leads, as Mesos means it.
func TestRedirectWithoutCredentials(t *testing.T) {
	m := newFakeMaster(t)
	cfg := testConfig(plainServer(t, redirecting(m.host())))
	s := m.subscribed(t, cfg)
	if s.Master() != "http://"+m.host() {
		t.Errorf("subscribed with %s", s.Master())
	}
	cfg.Hosts = "mesos.internal"
	_, err := testClient(t, cfg).Subscribe(t.Context(), testInfo())
	refusedAsUnnamed(t, err, m.host(), "with hosts named")
}

// A redirect among those that are named goes on with the credentials.
func TestRedirectAmongNamedMasters(t *testing.T) {
	m := newFakeMaster(t)
	standby := plainServer(t, redirecting(m.host()))
	_, port, _ := strings.Cut(m.host(), ":")
	for name, cfg := range map[string]Config{
		"both listed":   {Master: standby + "," + m.host()},
		"as a pattern":  {Master: standby, Hosts: m.host()},
		"as a network":  {Master: standby, Hosts: "10.0.0.0/8,127.0.0.0/8:" + port},
		"all of them":   {Master: standby, Hosts: "*"},
		"by its scheme": {Master: standby, Hosts: "http://127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			full := secretConfig(cfg.Master)
			full.Hosts = cfg.Hosts
			before := len(m.subscriptions())
			s := m.subscribed(t, full)
			defer s.Close()
			if got := m.subscriptions()[before:]; len(got) != 1 || got[0].password != "s3cret" {
				t.Errorf("the leader saw %+v", got)
			}
		})
	}
}

// What was begun over TLS is not gone on with in the clear.
func TestRedirectOutOfTLS(t *testing.T) {
	r := newRogue(t)
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://"+r.host()+"/master/api/v1/scheduler")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	defer front.Close()
	for _, secret := range []string{"", "s3cret"} {
		cfg := testConfig("https://" + front.Listener.Addr().String())
		cfg.TLS, cfg.Hosts = TLS{Insecure: true}, "*"
		if secret != "" {
			cfg.Principal, cfg.Secret = "taurus", secret
		}
		c := testClient(t, cfg)
		_, subscribe := c.Subscribe(t.Context(), testInfo())
		_, tasks := c.Tasks(t.Context(), testFramework)
		for what, err := range map[string]error{"SUBSCRIBE": subscribe, "GET_TASKS": tasks} {
			if !errors.Is(err, ErrCleartext) || !strings.Contains(err.Error(), r.host()) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	r.heardNothing(t, "out of TLS")
}

// With TLS configured nothing is asked in the clear, whoever says so.
func TestNothingInTheClear(t *testing.T) {
	r := newRogue(t)
	cfg := testConfig("")
	cfg.TLS, cfg.Hosts = TLS{Insecure: true}, "127.0.0.1"
	k, err := NewKiller(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	a, err := NewAgentFiles(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	_, _, read := a.ReadFile(t.Context(), "http://"+r.host(), testFramework, "t", "stdout", 0, 10)
	for what, err := range map[string]error{
		"KILL":      k.Kill(t.Context(), Target{Master: "http://" + r.host()}, "t", "a", 0),
		"READ_FILE": read,
	} {
		if !errors.Is(err, ErrCleartext) {
			t.Errorf("%s: %v", what, err)
		}
	}
	r.heardNothing(t, "in the clear")
	cfg.Master = "http://127.0.0.1:5050"
	if _, err := NewClient(cfg); err == nil || !strings.Contains(err.Error(), "https://") {
		t.Errorf("a master in the clear beside TLS: %v", err)
	}
	// Without settings of TLS, a master that is named by https:// has it.
	plain := secretConfig("https://" + r.host())
	k, err = NewKiller(plain)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	err = k.Kill(t.Context(), Target{Master: "http://" + r.host()}, "t", "a", 0)
	refusedAsUnnamed(t, err, r.host(), "KILL to what is named by https://")
	r.heardNothing(t, "named by https://")
}

// Who forges the record of a subscription gets no KILL, let alone credentials.
func TestStrangersGetNoKill(t *testing.T) {
	r, m := newRogue(t), newFakeMaster(t)
	mine := Target{Master: "http://" + m.host(), FrameworkID: testFramework, StreamID: testStream}
	for name, tt := range map[string]struct {
		cfg     Config
		refused bool
	}{
		"credentials":                   {Config{Secret: "s3cret", Principal: "p"}, true},
		"credentials, masters":          {Config{Secret: "s3cret", Principal: "p", Master: m.host()}, true},
		"credentials, hosts":            {Config{Secret: "s3cret", Principal: "p", Hosts: m.host()}, true},
		"masters":                       {Config{Master: m.host()}, true},
		"hosts":                         {Config{Hosts: m.host()}, true},
		"nothing secret, nothing named": {Config{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(tt.cfg.Master)
			cfg.Principal, cfg.Secret, cfg.Hosts = tt.cfg.Principal, tt.cfg.Secret, tt.cfg.Hosts
			k, err := NewKiller(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			forged := mine
			forged.Master = r.URL
			err = k.Kill(t.Context(), forged, "t", "a", 0)
			named := k.Named(t.Context(), forged.Master)
			if !tt.refused {
				if n, secrets := r.heard(); err != nil || named != nil || n != 1 || secrets {
					t.Errorf("%v, %v; %d requests, credentials: %t", err, named, n, secrets)
				}
				r.sent = nil
				return
			}
			refusedAsUnnamed(t, err, r.host(), "KILL")
			refusedAsUnnamed(t, named, r.host(), "asked beforehand")
			r.heardNothing(t, name)
			if cfg.Master == "" && cfg.Hosts == "" {
				return
			}
			if err := errors.Join(k.Kill(t.Context(), mine, "t", "a", 0), k.Named(t.Context(), mine.Master)); err != nil {
				t.Errorf("to the master that is named: %v", err)
			}
		})
	}
}

// What the log calls a base URL is one, or nothing is sent there: with a path of
// its own a call would be another.
func TestTargetsAreBaseURLs(t *testing.T) {
	m := newFakeMaster(t)
	k, err := NewKiller(secretConfig(m.host()))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	a, err := NewAgentFiles(Config{Hosts: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for _, base := range []string{
		"", "x", m.host(), "//" + m.host(), "ftp://" + m.host(), m.URL + "/teardown", m.URL + "/teardown?", m.URL + "?x=", m.URL + "#",
		m.URL + "/#x", "http://u:hush@" + m.host(), "http://", "http://\x7f", "http:///x",
	} {
		_, _, read := a.ReadFile(t.Context(), base, testFramework, "t", "stdout", 0, 1)
		for what, err := range map[string]error{
			"KILL":      k.Kill(t.Context(), Target{Master: base}, "t", "a", 0),
			"READ_FILE": read,
			"Named":     k.Named(t.Context(), base),
		} {
			if !errors.Is(err, ErrProtocol) || strings.Contains(err.Error(), "hush") {
				t.Errorf("%s to %q: %v", what, base, err)
			}
		}
	}
	if n := len(m.received()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// An agent is asked for a file only if it is named, once there are credentials.
func TestStrangersAreAskedForNoFile(t *testing.T) {
	r := newRogue(t)
	read := func(cfg Config) error {
		a, err := NewAgentFiles(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		_, _, err = a.ReadFile(t.Context(), r.URL, testFramework, "t", "stdout", 0, 10)
		return err
	}
	for _, hosts := range []string{"", "10.0.0.0/8,*.agents.internal"} {
		cfg := secretConfig("")
		cfg.Hosts = hosts
		refusedAsUnnamed(t, read(cfg), r.host(), "with credentials, hosts "+hosts)
	}
	refusedAsUnnamed(t, read(Config{Hosts: "10.0.0.0/8"}), r.host(), "with hosts")
	r.heardNothing(t, "agents")
	cfg := secretConfig("")
	cfg.Hosts = "127.0.0.0/8"
	if err := read(cfg); err != nil {
		t.Error(err)
	}
	if n, secrets := r.heard(); n != 1 || !secrets {
		t.Errorf("an agent that is named got %d requests, credentials: %t", n, secrets)
	}
}

// ZooKeeper is named by the configuration, and names masters in its place.
func TestMastersThatZooKeeperAdvertises(t *testing.T) {
	leader, standby, r := newFakeMaster(t), newFakeMaster(t), newRogue(t)
	z := newFakeZK()
	info := func(host string) string {
		ip, port, _ := strings.Cut(host, ":")
		return fmt.Sprintf(`{"address":{"hostname":"localhost","ip":%q,"port":%s}}`, ip, port)
	}
	z.children = []string{"json.info_1", "log_replicas", "json.info_2", "json.info_3", "json.info_4"}
	z.data["/mesos/json.info_1"] = info(leader.host())
	z.data["/mesos/json.info_2"] = info(standby.host())
	z.data["/mesos/json.info_3"] = "broken"
	asked := 0
	d := z.detector(time.Minute)
	connect := d.connect
	d.connect = func(ctx context.Context) (zkReader, error) { asked++; return connect(ctx) }
	g := &guard{strict: true, masters: d}
	check := func(base string) error {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		return g.check(t.Context(), u)
	}
	for range 3 {
		for _, base := range []string{leader.URL, standby.URL, strings.Replace(standby.URL, "127.0.0.1", "localhost", 1)} {
			if err := check(base); err != nil {
				t.Errorf("%s: %v", base, err)
			}
		}
		refusedAsUnnamed(t, check(r.URL), r.host(), "a stranger")
	}
	if asked > 2 {
		t.Errorf("ZooKeeper was asked %d times", asked)
	}
	// A master that comes is known as soon as it may be asked about again.
	z.children = append(z.children, "json.info_5")
	z.data["/mesos/json.info_5"] = info(r.host())
	d.known.asked = time.Now().Add(-askAgainAfter)
	if err := check(r.URL); err != nil {
		t.Errorf("a new master: %v", err)
	}
	// ZooKeeper's silence makes no stranger a master, and no master a stranger.
	z.err = errors.New("session expired")
	d.known.asked = time.Time{}
	err := check("http://elsewhere:5050")
	if !errors.Is(err, ErrHostNotNamed) || !strings.Contains(err.Error(), "session expired") {
		t.Errorf("while ZooKeeper is silent: %v", err)
	}
	if err := check(leader.URL); err != nil {
		t.Errorf("a known master while ZooKeeper is silent: %v", err)
	}
	z.err, z.children = nil, nil
	for range zkMastersMax + 1 {
		z.children = append(z.children, zkInfo+"9")
	}
	d.known.asked = time.Time{}
	if err := check("http://elsewhere:5050"); !errors.Is(err, ErrHostNotNamed) {
		t.Errorf("of too many masters: %v", err)
	}
}

// TestACertificateSaysWhoWeAre, so it is shown to nobody who is not named.
func TestACertificateSaysWhoWeAre(t *testing.T) {
	for cert, named := range map[string]bool{"": true, "cert.pem": false} {
		g, err := newGuard(Config{TLS: TLS{CertFile: cert, Insecure: true}}, staticMasters{"https://named:5050"})
		if err != nil {
			t.Fatal(err)
		}
		for base, want := range map[string]bool{"https://named:5050": true, "https://evil:5050": named} {
			if err := g.checkBase(t.Context(), base); (err == nil) != want {
				t.Errorf("with the certificate %q, %s: %v", cert, base, err)
			}
		}
	}
}
