package v2_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/presence"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// parts are those that the api sees, by a clock of their own.
type parts struct {
	t     *testing.T
	store *memory.Leases
	watch *presence.Watch

	mu   sync.Mutex
	now  time.Time
	room ready.Check
}

func newParts(t *testing.T) *parts {
	t.Helper()
	p := &parts{t: t, now: time.Unix(1000, 0)}
	p.store = memory.NewLeases(p.clock)
	p.watch = presence.NewWatch(p.store, p.clock, zerolog.Nop())
	return p
}

func (p *parts) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *parts) report() ready.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	return ready.Report{Checks: []ready.Check{p.room}}
}

// noRoom fails of a planner.
const noRoom = "nothing new is planned"

// after lets time pass, in which those of roles renew; what fails of a launcher is
// its check of Mesos, unless it is noRoom.
func (p *parts) after(d time.Duration, fails string, roles ...string) {
	p.t.Helper()
	for ; d > 0; d -= time.Second {
		p.mu.Lock()
		p.now = p.now.Add(time.Second)
		p.mu.Unlock()
		for _, role := range roles {
			r := ready.Report{Role: role, Name: role + "-1", Able: true}
			switch {
			case role == "launcher" && fails != "" && fails != noRoom:
				r.Add(ready.Check{Name: ready.CheckMesos, Level: ready.Fail, Detail: fails})
			case role == "planner" && fails == noRoom:
				r.Add(ready.Check{Name: ready.CheckRoom, Level: ready.Fail, Detail: fails})
			}
			data, err := r.Encode()
			if err != nil {
				p.t.Fatal(err)
			}
			if err := p.store.Renew(p.t.Context(), role, r.Name, data, time.Second); err != nil {
				p.t.Fatal(err)
			}
		}
		p.watch.Look(p.t.Context())
	}
}

// TestExplainNamesThePartThatIsMissing: of what the job waits for, and of nothing
// else; in the job itself and in the answer to a stop, too.
func TestExplainNamesThePartThatIsMissing(t *testing.T) {
	t.Parallel()
	p := newParts(t)
	r := apitest.New(t, func(o *api.Options) { o.Presence, o.Report = p.watch, p.report })
	wants := func(says, codes string) {
		t.Helper()
		why := apitest.Get[explanation](r, "/v2/jobs/web/explain")
		if why.codes() != codes || !strings.HasPrefix(why.Summary, says) {
			t.Errorf("explained by %s: %s; want %s: %s", why.codes(), why.Summary, codes, says)
		}
		waits := apitest.Get[struct {
			Waits string `json:"waits_for"`
		}](r, "/v2/jobs/web")
		// What only the log knows of is no part that is missing.
		if named := strings.Contains(says, "seen") || strings.Contains(says, "not ready") || strings.Contains(says, "used"); named != (waits.Waits != "") || named && waits.Waits != why.Summary {
			t.Errorf("waits for %q, explained by %q", waits.Waits, why.Summary)
		}
	}
	run := r.Create(apitest.OneTask)
	p.after(time.Second, "", "planner", "launcher", "reaper")
	wants("no launcher has ever run", "no_launcher:0 not_planned:2") // As the log has it.
	p.after(40*time.Second, "", "launcher", "reaper")
	wants("no planner has been seen for 40s: nothing new is planned; start taurus-planner", "no_planner:0 no_launcher:0 not_planned:2")
	p.after(time.Minute, "", "planner", "reaper")
	wants("no launcher has been seen for 1m0s: nothing is launched; start taurus-launcher", "no_launcher:0 not_planned:2")
	r.Plan("web", run, 2)
	p.after(time.Second, "no subscription to Mesos: refused", "launcher", "planner", "reaper")
	wants("launcher launcher-1 is not ready: no subscription to Mesos: refused", "no_launcher:0 no_verdict_yet:2")
	p.after(time.Second, "", "launcher", "planner", "reaper")
	wants("no launcher has ever run", "no_launcher:0 no_verdict_yet:2")
	p.room = ready.Check{Name: ready.CheckRoom, Level: ready.Fail, Detail: "91 % of the log's 100 bytes are used"}
	wants("91 % of the log's 100 bytes are used", "log_full:0 no_launcher:0 no_verdict_yet:2")
	p.room = ready.Check{}

	p.after(time.Second, noRoom, "launcher", "planner", "reaper")
	wants("planner planner-1 is not ready: nothing new is planned", "log_full:0 no_launcher:0 no_verdict_yet:2")
	p.after(time.Second, "", "launcher", "planner", "reaper")

	r.Elect()
	for n := range uint32(2) {
		r.Stage("web", run, n)
		r.Status("web", run, n, "TASK_RUNNING")
	}
	p.after(time.Minute, "", "planner", "launcher")
	wants("runs as wanted", "")
	const stuck = "no reaper has been seen for 1m0s: the stop waits; start taurus-reaper"
	if body := r.Do("POST", "/v2/jobs/web/stop", "").Want(200).Body; !strings.Contains(body, `"waits_for":"`+stuck+`"`) {
		t.Errorf("the answer to the stop does not say what it waits for: %s", body)
	}
	wants(stuck, "no_reaper:0 over:0")
	at := r.Append(r.Space.Plan("web"), events.TasksDoomed{Run: run, Slots: []events.SlotRange{{From: 0, To: 1, Attempt: 1}}, Reason: "stopped"})
	wants(stuck, "no_reaper:0 over:0 ending:2")
	p.after(time.Minute, "", "planner", "launcher", "reaper")
	wants("the job is stopping", "over:0 ending:2")
	p.after(time.Minute, "", "planner", "launcher")
	past := fmt.Sprintf("?at=%d", at)
	if why := apitest.Get[explanation](r, "/v2/jobs/web/explain"+past); why.codes() != "over:0 ending:2" {
		t.Errorf("of then it says %+v", why)
	}
	if body := r.Do("GET", "/v2/jobs/web"+past, "").Want(200).Body; strings.Contains(body, "waits_for") {
		t.Errorf("of then it says %s", body)
	}
}

// TestReadyWarnsOfMissingParts: the api itself is able without them.
func TestReadyWarnsOfMissingParts(t *testing.T) {
	t.Parallel()
	p := newParts(t)
	r := apitest.New(t, func(o *api.Options) { o.Presence, o.Report = p.watch, p.report })
	says := func(want string) {
		t.Helper()
		report := ready.Report{Able: true}
		report.Add(r.API.Checks()...)
		if got := report.Text(); got != want || !report.Able {
			t.Errorf("%q, want %q; able %v", got, want, report.Able)
		}
	}
	says("ready\nwarn  parts   which parts are there is not known yet\n")
	p.after(40*time.Second, "no master", "launcher", "planner")
	says("ready\nwarn  parts   launcher launcher-1 is not ready: no master\n" +
		"warn  parts   no reaper has been seen since this process started 40s ago: start taurus-reaper\n")
	p.after(time.Second, "", "launcher", "planner", "reaper")
	says("ready\n")
}
