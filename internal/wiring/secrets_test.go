package wiring_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
	api "github.com/milosgajdos/taurus/services/api/command"
	launcher "github.com/milosgajdos/taurus/services/launcher/command"
	reaper "github.com/milosgajdos/taurus/services/reaper/command"
)

// stranger is a host that nobody named. It says 307 to the host in to, and 202
// without one.
type stranger struct {
	*httptest.Server
	to string

	mu   sync.Mutex
	sent []string // the Authorization of each request
}

func newStranger(t *testing.T, to string) *stranger {
	t.Helper()
	s := &stranger{to: to}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.sent = append(s.sent, r.Header.Get("Authorization"))
		s.mu.Unlock()
		if s.to == "" {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Location", "//"+s.to+"/master/api/v1/scheduler")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *stranger) host() string { return s.Listener.Addr().String() }

// got is the requests so far.
func (s *stranger) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// secretFile holds the secret of these tests.
func secretFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// answer is the body of an answer, whatever its status.
func answer(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestRedirectToAStranger: the launcher shows a master's secret to none that a
// master points to and nobody named.
func TestRedirectToAStranger(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	evil := newStranger(t, "")
	front := newStranger(t, evil.host())
	l := start(t, launcher.New(), "--nats="+nats.URL(), "--master="+front.host(), "--principal=taurus", "--secret-file="+secretFile(t), "--log-level=trace")
	l.says(evil.host())
	l.says("--mesos-hosts")
	l.end()
	if n := len(evil.got()); n != 0 || len(front.got()) == 0 {
		t.Errorf("the stranger got %d requests, who redirects to it %d", n, len(front.got()))
	}
	if strings.Contains(l.out.String(), "hunter2") {
		t.Errorf("tells the secret: %s", l.out)
	}
}

// forger writes records as somebody would who may publish.
type forger struct {
	t     *testing.T
	log   *jetstream.Log
	n     int
	epoch uint64 // Of the launcher.
}

func newForger(t *testing.T, url string) *forger {
	t.Helper()
	log, err := jetstream.Open(t.Context(), jetstream.Options{URL: url, Subjects: []string{events.Prefix + ".>"}, Partitions: events.DefaultPartitions})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return &forger{t: t, log: log}
}

func (f *forger) put(subject string, epoch uint64, ev events.Event) uint64 {
	f.t.Helper()
	f.n++
	env := events.Envelope{ID: subject + string(rune('a'+f.n)), Source: "test", Time: time.Now(), Epoch: epoch}
	m, err := events.Encode(subject, env, ev)
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), testwait.Patience)
	defer cancel()
	receipt, err := f.log.Append(ctx, eventlog.Fact(m))
	if err != nil {
		f.t.Fatal(err)
	}
	return receipt.Last
}

// doomedTask writes down a task that runs on an agent and is to be killed, by a
// subscription with a master.
func (f *forger) doomedTask(master, agent string) {
	f.t.Helper()
	space := events.NewSpace(events.DefaultPartitions)
	epoch := f.put(space.Launcher(0), 0, events.LauncherElected{Nonce: "n"})
	f.epoch = epoch
	f.put(space.Launcher(0), epoch, events.SubscriptionOpened{FrameworkID: "F", StreamID: "forged", Master: master})
	run := f.put(space.Job("web"), 0, events.JobSubmitted{Spec: []byte(`{"id":"web","tasks":[{"name":"g","replicas":1,"container":{"image":"x"}}]}`)})
	slots := []events.SlotRange{{From: 0, To: 0, Attempt: 1}}
	f.put(space.Plan("web"), 0, events.TasksPlanned{Run: run, Version: 1, Group: "g", Slots: slots})
	f.put(space.Task("web", 0), epoch, events.TaskStaged{Run: run, Group: "g", Slot: 0, Attempt: 1, TaskID: "t0", AgentID: "S0", AgentURL: agent})
	f.put(space.Task("web", 0), epoch, events.TaskStatusChanged{Run: run, Slot: 0, Attempt: 1, TaskID: "t0", State: "TASK_RUNNING", UUID: []byte("u")})
	f.put(space.Plan("web"), 0, events.TasksDoomed{Run: run, Slots: slots, Reason: "test", GraceMillis: 100})
}

// TestForgedMaster: a subscription in the log that names another master than the
// configuration is no reason to ask that for anything.
func TestForgedMaster(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	evil, good := newStranger(t, ""), newStranger(t, "")
	f := newForger(t, nats.URL())
	f.doomedTask("http://"+evil.host(), "")
	for name, args := range map[string][]string{
		"masters named, secret": {"--master=" + good.host(), "--principal=taurus", "--secret-file=" + secretFile(t)},
		"hosts named, secret":   {"--mesos-hosts=*.mesos.internal", "--principal=taurus", "--secret-file=" + secretFile(t)},
		"masters named":         {"--master=" + good.host()},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, reaper.New(), append(args, "--nats="+nats.URL(), "--log-level=trace")...)
			r.says(`"level":"error"`)
			r.says(evil.host())
			a := r.announced().AdminAddress
			for path, want := range map[string]string{"/readyz": evil.host(), "/metrics": `taurus_unnamed_master{role="reaper"} 1`} {
				if text := answer(t, "http://"+a+path); !strings.Contains(text, want) {
					t.Errorf("%s says %s, want %q in it", path, text, want)
				}
			}
			r.end()
			if n := len(evil.got()); n != 0 {
				t.Errorf("the stranger got %d requests: %q", n, evil.got())
			}
			if strings.Contains(r.out.String(), "hunter2") {
				t.Errorf("tells the secret: %s", r.out)
			}
		})
	}
	t.Run("nothing secret, nothing named", func(t *testing.T) {
		r := start(t, reaper.New(), "--nats="+nats.URL())
		r.says("kills go to any Mesos master that the log names")
		testwait.Until(t, "the master in the log is asked", func() bool { return len(evil.got()) > 0 })
		r.end()
		if got := evil.got()[0]; got != "" {
			t.Errorf("the stranger got %q", got)
		}
	})
	t.Run("the one that is named", func(t *testing.T) {
		f.put(events.NewSpace(events.DefaultPartitions).Launcher(0), f.epoch, events.SubscriptionOpened{FrameworkID: "F", StreamID: "s", Master: "http://" + good.host()})
		r := start(t, reaper.New(), "--nats="+nats.URL(), "--master="+good.host(), "--principal=taurus", "--secret-file="+secretFile(t))
		testwait.Until(t, "the master that is named is asked", func() bool { return len(good.got()) > 0 })
		r.end()
		if got := good.got()[0]; !strings.HasPrefix(got, "Basic ") {
			t.Errorf("the master got %q", got)
		}
	})
}

// TestForgedAgent: an agent in the log that the configuration does not name is not
// asked for what its task wrote, once there is a secret to show to agents.
func TestForgedAgent(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	evil := newStranger(t, "")
	newForger(t, nats.URL()).doomedTask("http://127.0.0.1:1", "http://"+evil.host())
	for name, args := range map[string][]string{
		"no agents named":    {"--principal=taurus", "--secret-file=" + secretFile(t)},
		"other agents named": {"--principal=taurus", "--secret-file=" + secretFile(t), "--mesos-hosts=10.0.0.0/8"},
		"nothing secret":     {"--mesos-hosts=*.agents.internal:5051"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, api.New(), append(args, "--nats="+nats.URL(), "--listen=127.0.0.1:0", "--log-level=trace", "--anonymous=admin")...)
			a := p.ready()
			if text := answer(t, "http://"+a.Address+"/v2/jobs/web/tasks/0/logs/stdout"); !strings.Contains(text, "agent-not-named") {
				t.Errorf("answers %s", text)
			}
			p.says(evil.host())
			p.end()
			if n := len(evil.got()); n != 0 {
				t.Errorf("the stranger got %d requests", n)
			}
			if strings.Contains(p.out.String(), "hunter2") {
				t.Errorf("tells the secret: %s", p.out)
			}
			if warned := strings.Contains(p.out.String(), "no agent is asked"); warned != (name == "no agents named") {
				t.Errorf("says %s", p.out)
			}
		})
	}
}
