package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/service"
)

// able is a role that says more than ready or not.
type able struct {
	*role
	checks atomic.Pointer[[]ready.Check]
	stands atomic.Pointer[error]
	// strange reports whether the log has a record that is rejected.
	strange atomic.Bool
}

func (a *able) Checks() []ready.Check { return *a.checks.Load() }

func (a *able) Sequence() uint64 { return 7 }

func (a *able) Alive() error {
	if err := a.stands.Load(); err != nil {
		return *err
	}
	return nil
}

func (a *able) Notice() string {
	if a.strange.Load() {
		return "1 record of the log is rejected"
	}
	return ""
}

func (a *able) say(checks ...ready.Check) { a.checks.Store(&checks) }

func report(t *testing.T, url string) (int, ready.Report) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var r ready.Report
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, r
}

// TestReadyTellsEveryCheck: in text and in JSON, of the role and of what it stands
// on; and what runs beside the role ends with it.
func TestReadyTellsEveryCheck(t *testing.T) {
	a := &able{role: &role{run: untilStopped}}
	a.say(ready.Work(nil), ready.Check{Name: ready.CheckMesos, Detail: "subscribed"})
	var log atomic.Pointer[ready.Check]
	log.Store(&ready.Check{Name: ready.CheckRead, Detail: "answered"})
	var told atomic.Pointer[ready.Report]
	beside, ended := make(chan struct{}), make(chan struct{})
	p := start(t, func(_ context.Context, env *service.Env) (service.Runner, error) {
		env.Check(func() []ready.Check { return []ready.Check{*log.Load()} })
		env.Beside(func(ctx context.Context) {
			defer close(ended)
			r := env.Report()
			told.Store(&r)
			close(beside)
			<-ctx.Done()
		})
		env.OnStop("order", func() error {
			select {
			case <-ended:
				return nil
			default:
				return errors.New("what runs beside the role outlives it")
			}
		})
		return a, nil
	})
	base := "http://" + p.announced().AdminAddress
	<-beside
	if r := told.Load(); r.Role != "planner" || r.Name != "one" || r.Sequence != 7 || !r.Able || r.Version != service.Version() {
		t.Errorf("beside the role the report is %+v", r)
	}
	status, body := get(t, base+"/readyz")
	if want := "ready\nok    mesos   subscribed\nok    read    answered\n"; status != http.StatusOK || body != want {
		t.Errorf("%d %q, want %q", status, body, want)
	}
	log.Store(&ready.Check{Name: ready.CheckRead, Level: ready.Fail, Detail: "no answer", Restart: true})
	status, body = get(t, base+"/readyz")
	if want := "not ready: no answer\nok    mesos   subscribed\nfail  read    no answer\n"; status != http.StatusServiceUnavailable || body != want {
		t.Errorf("%d %q, want %q", status, body, want)
	}
	status, r := report(t, base+"/readyz")
	if c, ok := r.Of(ready.CheckRead); status != http.StatusServiceUnavailable || r.Able || !ok || !c.Restart || c.Level != ready.Fail || r.Role != "planner" {
		t.Errorf("%d %+v", status, r)
	}
	log.Store(&ready.Check{Name: ready.CheckRead, Detail: "answered"})
	a.strange.Store(true)
	status, body = get(t, base+"/readyz")
	if want := "ready\nok    mesos   subscribed\nwarn  records  1 record of the log is rejected\nok    read    answered\n"; status != http.StatusOK || body != want {
		t.Errorf("%d %q, want %q", status, body, want)
	}
	// Liveness knows nothing of that.
	if status, body := get(t, base+"/healthz"); status != http.StatusOK || body != "alive\n" {
		t.Errorf("/healthz: %d %q", status, body)
	}
	stands := errors.New("the loop stands still")
	a.stands.Store(&stands)
	if status, body := get(t, base+"/healthz"); status != http.StatusServiceUnavailable || body != "not alive: the loop stands still\n" {
		t.Errorf("/healthz: %d %q", status, body)
	}
	p.stop()
	if status := <-p.status; status != service.ExitOK {
		t.Errorf("exit status %d: %s", status, p.out)
	}
}
