package health_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/mesosim/executor/health"
)

func TestDefaultsAreThoseOfMesos(t *testing.T) {
	t.Parallel()
	want := health.Settings{
		Delay: 15 * time.Second, Interval: 10 * time.Second, Timeout: 20 * time.Second,
		Grace: 10 * time.Second, Failures: 3,
	}
	if got := health.SettingsOf(&mesos.HealthCheck{}); got != want {
		t.Errorf("SettingsOf(empty) = %+v, want %+v", got, want)
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	start := time.Unix(1000, 0)
	settings := health.Settings{Grace: 10 * time.Second, Failures: 2}
	type step struct {
		at   int // seconds after start
		ok   bool
		want health.Finding
	}
	tests := map[string][]step{
		"first success is told, the next is not": {
			{1, true, health.Finding{Report: true, Healthy: true}},
			{2, true, health.Finding{Healthy: true}},
		},
		"failures in grace are forgiven": {
			{1, false, health.Finding{}},
			{10, false, health.Finding{}},
			{11, false, health.Finding{Report: true}},
			{12, false, health.Finding{Report: true, Kill: true}},
		},
		"grace ends with the first success": {
			{1, true, health.Finding{Report: true, Healthy: true}},
			{2, false, health.Finding{Report: true}},
			{3, true, health.Finding{Report: true, Healthy: true}},
			{4, false, health.Finding{Report: true}},
			{5, false, health.Finding{Report: true, Kill: true}},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := health.NewMachine(settings, start)
			for i, s := range steps {
				if got := m.Observe(s.ok, start.Add(time.Duration(s.at)*time.Second)); got != s.want {
					t.Errorf("step %d: got %+v, want %+v", i, got, s.want)
				}
			}
		})
	}
}

// Kill comes with, and only with, the last of Failures counted failures in a row.
func TestMachineKillsExactlyAfterFailuresInARow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := health.Settings{Failures: rapid.IntRange(1, 5).Draw(t, "failures")}
		m := health.NewMachine(s, time.Unix(0, 0))
		row, healthy, told := 0, false, false
		for i, ok := range rapid.SliceOf(rapid.Bool()).Draw(t, "results") {
			v := m.Observe(ok, time.Unix(int64(i), 0))
			if row++; ok {
				row = 0
			}
			if v.Kill != (row >= s.Failures) {
				t.Fatalf("check %d: kill %v with %d failures in a row of %d", i, v.Kill, row, s.Failures)
			}
			if !v.Report && (!told || ok != healthy) {
				t.Fatalf("check %d: a change to %v was not told", i, ok)
			}
			healthy, told = ok, true
		}
	})
}

func TestWatchKeepsToItsTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var probes, told []time.Duration
		probe := func(ctx context.Context) error {
			probes = append(probes, time.Since(begin))
			if len(probes) == 1 {
				return nil
			}
			<-ctx.Done() // a check that hangs
			return ctx.Err()
		}
		s := health.Settings{Delay: 3 * time.Second, Interval: 2 * time.Second, Timeout: time.Second, Failures: 2}
		health.Watch(t.Context(), s, health.Past{}, probe, func(health.Finding) { told = append(told, time.Since(begin)) })
		if want := []time.Duration{3 * time.Second, 5 * time.Second, 8 * time.Second}; !slices.Equal(probes, want) {
			t.Errorf("probes at %v, want %v", probes, want)
		}
		if want := []time.Duration{3 * time.Second, 6 * time.Second, 9 * time.Second}; !slices.Equal(told, want) {
			t.Errorf("told at %v, want %v", told, want)
		}
	})
}

// 4.5, over a restart of the agent, which Mesos' executors outlive: what was told is
// not told again, and delay and grace count from the start of the task.
func TestWatchGoesOn(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for name, c := range map[string]struct {
		healthy *bool // told before
		ok      bool
		probe   time.Duration // the first
		told    []bool
	}{
		"healthy, still":     {&yes, true, 2 * time.Second, nil},
		"healthy, no more":   {&yes, false, 2 * time.Second, []bool{false, false}},
		"unhealthy, no more": {&no, true, 2 * time.Second, []bool{true}},
		"unhealthy, still":   {&no, false, 2 * time.Second, []bool{false}}, // The second in a row.
		"not checked yet":    {nil, true, 3 * time.Second, []bool{true}},
		"past its grace":     {nil, false, 3 * time.Second, []bool{false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				begin, first := time.Now(), time.Duration(-1)
				s := health.Settings{Delay: 10 * time.Second, Interval: 2 * time.Second, Grace: 9 * time.Second, Failures: 2}
				past := health.Past{Start: begin.Add(-7 * time.Second), Healthy: c.healthy}
				var told []bool
				health.Watch(ctx, s, past, func(context.Context) error {
					if first < 0 {
						first = time.Since(begin)
					}
					if c.ok {
						return nil
					}
					return errors.New("sick")
				}, func(v health.Finding) { told = append(told, v.Healthy) })
				if first != c.probe || !slices.Equal(told, c.told) {
					t.Errorf("first probe after %v, told %v, want %v, %v", first, told, c.probe, c.told)
				}
			})
		})
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s := health.Settings{Interval: time.Second, Failures: 1}
		told := 0
		health.Watch(ctx, s, health.Past{}, func(context.Context) error { return nil }, func(health.Finding) { told++ })
		if told != 1 {
			t.Errorf("a steady task was told of %d times, want once", told)
		}
	})
}

func TestProbe(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RequestURI() {
		case "/", "/ok?deep=1":
		case "/moved":
			http.Redirect(w, r, "/bad", http.StatusFound)
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	up := uint32(netip.MustParseAddrPort(server.Listener.Addr().String()).Port())
	down := closedPort(t)
	path := func(p string) *mesos.HealthCheck {
		return &mesos.HealthCheck{
			Type: mesos.HealthCheck_HTTP,
			HTTP: &mesos.HealthCheck_HTTPCheckInfo{Port: up, Path: &p},
		}
	}
	tcp := func(port uint32) *mesos.HealthCheck {
		return &mesos.HealthCheck{Type: mesos.HealthCheck_TCP, TCP: &mesos.HealthCheck_TCPCheckInfo{Port: port}}
	}
	tests := map[string]struct {
		check   *mesos.HealthCheck
		healthy bool
	}{
		"http without a path":    {&mesos.HealthCheck{HTTP: &mesos.HealthCheck_HTTPCheckInfo{Port: up}}, true},
		"http with a query":      {path("/ok?deep=1"), true},
		"a redirect is healthy":  {path("/moved"), true},
		"http 500":               {path("/bad"), false},
		"tcp open":               {tcp(up), true},
		"tcp closed":             {tcp(down), false},
		"command":                {&mesos.HealthCheck{Command: &mesos.CommandInfo{}}, true},
		"command of a type":      {&mesos.HealthCheck{Type: mesos.HealthCheck_COMMAND}, true},
		"nothing that is known":  {&mesos.HealthCheck{}, false},
		"a type of later Mesos'": {&mesos.HealthCheck{Type: 77}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := health.Probe(t.Context(), tt.check, "127.0.0.1", func(context.Context, *mesos.CommandInfo) error { return nil })
			if (err == nil) != tt.healthy {
				t.Errorf("got %v, want healthy=%v", err, tt.healthy)
			}
		})
	}
}

func TestStatusErrorNamesTheCode(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	port := uint32(netip.MustParseAddrPort(server.Listener.Addr().String()).Port())
	hc := &mesos.HealthCheck{HTTP: &mesos.HealthCheck_HTTPCheckInfo{Port: port}}
	var status *health.StatusError
	if err := health.Probe(t.Context(), hc, "127.0.0.1", nil); !errors.As(err, &status) || status.Code != http.StatusNotFound {
		t.Errorf("got %v, want a StatusError of 404", err)
	}
}

func closedPort(t *testing.T) uint32 {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return uint32(netip.MustParseAddrPort(l.Addr().String()).Port())
}
