package e2e_test

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// every is how often the jobs of these tests are due, by their line of cron.
const (
	every     = 2 * time.Second
	everyLine = "*/2 * * * * *"
)

// dueKill is when a process is killed around a time of a schedule.
type dueKill struct {
	// series are the steps of the job that has the schedule, run are those of the job that
	// then began, and before are those of the one that began before it.
	series, run, before []step
	// early is just before the next time.
	early bool
	// hangs has the process hang for some times before it is killed, as one that is down.
	hangs bool
}

// aSchedule is a way in which runs follow each other.
type aSchedule struct {
	name, policy, command string
	// kept reports whether none may be missed.
	kept bool
	// replaces reports whether runs end only by the next one.
	replaces bool
	kills    []dueKill
}

var (
	due       = step{"taurus.plan.run_due.v1", "started"}
	skipped   = step{"taurus.plan.run_due.v1", "skipped"}
	completed = step{"taurus.plan.job_completed.v1", ""}
	finished  = step{"taurus.task.status_changed.v1", "TASK_FINISHED"}
)

var schedules = []aSchedule{
	{
		name: "a run after the other", policy: `"overlap":"forbid","missed":"last","start_deadline":"1s"`, command: "true",
		kills: []dueKill{
			{early: true},
			{series: []step{due}},
			{series: []step{due}, run: []step{planned}},
			{series: []step{due}, run: []step{staged}},
			{series: []step{due}, run: []step{running}},
			{series: []step{due}, run: []step{finished}},
			{series: []step{due}, run: []step{completed}},
			{series: []step{due}, hangs: true},
		},
	},
	{
		name: "a run that is overtaken", policy: `"overlap":"forbid","missed":"none","start_deadline":"1s"`, command: "sleep 5",
		kills: []dueKill{{series: []step{skipped}}, {series: []step{due}, hangs: true}},
	},
	{
		name: "all of them", policy: `"overlap":"forbid","missed":"all","start_deadline":"1s"`, command: "true", kept: true,
		kills: []dueKill{{series: []step{due}}, {series: []step{due}, hangs: true}},
	},
	{
		name: "a run in the place of another", policy: `"overlap":"replace","missed":"last","start_deadline":"1s"`,
		command: "trap 'exit 0' TERM; while :; do sleep 1 & wait; done", replaces: true,
		kills: []dueKill{
			{series: []step{due, due}},
			{series: []step{due, due}, before: []step{doomed}},
			{series: []step{due, due}, before: []step{issued}},
			{series: []step{due, due}, before: []step{killed}},
			{series: []step{due, due}, run: []step{planned}},
			{series: []step{due, due}, run: []step{staged}},
			{series: []step{due, due}, run: []step{running}},
		},
	},
}

// schedule kills the role at each moment of a schedule: each time is told of once, and
// what was started ran once.
func (a *around) schedule(s aSchedule) {
	for _, k := range s.kills {
		job, tried := a.moment("due")
		if !tried {
			continue
		}
		a.due(job, s, k)
		if a.t.Failed() {
			a.t.FailNow()
		}
		a.t.Logf("kill -9 of %s, %s, at %+v", a.role, s.name, k)
	}
}

func (a *around) due(job string, s aSchedule, k dueKill) {
	a.t.Helper()
	path := "/v2/jobs/" + job
	a.asks(http.MethodPost, "/v2/jobs", fmt.Sprintf(`{"id":%q,"kind":"periodic","schedule":{"cron":%q,"keep_runs":1000,%s},
		"tasks":[{"replicas":1,"kill_grace":"2s","resources":{"cpu":0.1,"memory":32},"restart":{"attempts":1},
		"container":{"image":%q,"network":"none","command":%q}}]}`, job, everyLine, s.policy, image, s.command), http.StatusCreated, http.StatusConflict)
	submitted := a.comes(job, 0, step{"taurus.job.submitted.v1", ""})
	at := a.comes(job, submitted, k.series...)
	switch {
	case k.run != nil:
		a.comes(a.runOf(job, at), 0, k.run...)
	case k.before != nil:
		a.comes(a.runOf(job, a.comes(job, submitted, due)), 0, k.before...)
	case k.early:
		// Nothing tells that a time of the schedule is about to come but the clock.
		time.Sleep(time.Until(time.Now().Truncate(every).Add(every - 50*time.Millisecond)))
	case k.hangs:
		a.hangs(2*every + 3*time.Second/2)
	}
	a.killed()
	a.comes(job, a.now(), due, due)
	a.asks(http.MethodPost, path+"/schedule", `{"action":"pause"}`, http.StatusOK)
	runs := a.told(job)
	if s.replaces {
		last := slices.MaxFunc(runs, func(a, b run) int {
			return cmp.Compare(one(a.Job != "")*int(a.Sequence), one(b.Job != "")*int(b.Sequence))
		})
		a.running(last.Job, 1)
	} else {
		runs = a.over(job)
	}
	a.asks(http.MethodPost, path+"/stop", `{}`, http.StatusOK)
	if s.replaces {
		runs = a.over(job)
	}
	a.gone(job)
	a.once(runs, s)
	if slices.Contains(a.roles(), "planner") && k.hangs && !s.kept && !slices.ContainsFunc(runs, func(r run) bool { return r.Outcome == "missed" }) {
		a.t.Errorf("the planner was away and missed nothing: %+v", runs)
	}
	if n := a.atOnce(job); n != 1 {
		a.t.Errorf("%d containers ran at once", n)
	}
}

// hangs stops the role for a while, in which it is as if it were not there.
func (a *around) hangs(long time.Duration) {
	a.t.Helper()
	e, err := a.endpoints()
	if err != nil {
		a.t.Fatal(err)
	}
	for _, p := range e.Processes {
		if slices.Contains(a.roles(), p.Role) && p.PID != 0 {
			if err := syscall.Kill(p.PID, syscall.SIGSTOP); err != nil {
				a.t.Fatal(err)
			}
		}
	}
	time.Sleep(long) // What is to pass is time itself: due times that nobody looks at.
}

// run is one of a series, or times that were left out, as taurus tells of them.
type run struct {
	Outcome    string            `json:"outcome"`
	At         time.Time         `json:"at"`
	Count      int               `json:"count"`
	From       time.Time         `json:"from"`
	Job        string            `json:"job"`
	Parameters map[string]string `json:"parameters"`
	Reason     string            `json:"reason"`
	Sequence   uint64            `json:"sequence"`
}

// runs lists those of a job as users see them, oldest first.
func (m *machine) runs(job string) (runs []run, err error) {
	var page struct {
		Runs []run `json:"runs"`
	}
	status, err := m.call(http.MethodGet, "/v2/jobs/"+url.PathEscape(job)+"/runs?limit=1000", "", &page)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("runs of %s: status %d", job, status)
	}
	slices.SortFunc(page.Runs, func(a, b run) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return page.Runs, err
}

// runOf is the job that an event of its series began.
func (m *machine) runOf(job string, sequence uint64) (run string) {
	m.t.Helper()
	m.eventually(fmt.Sprintf("what began at %d is listed", sequence), func() error {
		runs, err := m.runs(job)
		for _, r := range runs {
			if r.Sequence == sequence && r.Job != "" {
				run = r.Job
				return nil
			}
		}
		return fmt.Errorf("%+v, %w", runs, err)
	})
	return run
}

// told waits until each time of the schedule is told of, from the submission to the
// pause, and fails if one is told of twice.
func (a *around) told(job string) (runs []run) {
	a.t.Helper()
	var began, ended time.Time
	a.eventually("what happened to the schedule is told", func() error {
		events, err := a.events(job)
		for _, e := range events {
			switch e.Type {
			case "taurus.job.submitted.v1":
				began = e.Time
			case "taurus.job.schedule_steered.v1":
				ended = e.Time
			}
		}
		if err == nil && (began.IsZero() || ended.IsZero()) {
			err = errors.New("no submission, or no pause")
		}
		return err
	})
	var want []time.Time
	for at := began.Truncate(every).Add(every); !at.After(ended); at = at.Add(every) {
		want = append(want, at.UTC())
	}
	a.eventually("each time is told of", func() (err error) {
		if runs, err = a.runs(job); err != nil {
			return err
		}
		var got []time.Time
		for _, r := range runs {
			for at := cmpTime(r.From, r.At); !at.After(r.At); at = at.Add(every) {
				got = append(got, at.UTC())
			}
		}
		if len(got) > len(want) {
			a.t.Fatalf("told of %v, want %v", got, want)
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("told of %v, want %v", got, want)
		}
		return nil
	})
	return runs
}

// cmpTime is the first of two times that is one.
func cmpTime(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// over waits until no run of a job goes on.
func (a *around) over(job string) (runs []run) {
	a.t.Helper()
	a.eventually("no run goes on", func() (err error) {
		runs, err = a.runs(job)
		for _, r := range runs {
			if r.Outcome == "running" || r.Outcome == "started" {
				err = errors.Join(err, fmt.Errorf("%s is %s", r.Job, r.Outcome))
			}
		}
		return err
	})
	return runs
}

// once wants each run to have been one container, that of one which was replaced before
// it began none.
func (a *around) once(runs []run, s aSchedule) {
	a.t.Helper()
	for _, r := range runs {
		switch n := a.of(r.Job); {
		case r.Outcome == "completed" && !s.replaces:
			a.counts(a.machine, r.Job, 1)
		case r.Outcome == "stopped" && s.replaces && n <= 1:
		case r.Job == "" && (r.Outcome == "skipped" || r.Outcome == "missed" && !s.kept):
		default:
			a.t.Errorf("%s of %s has come to %q, %s, in %d containers", r.Job, r.At, r.Outcome, r.Reason, n)
		}
	}
}

// event is what these tests look at of one.
type event struct {
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"`
	Type     string    `json:"type"`
}

// events are those of a job.
func (m *machine) events(job string) (all []event, err error) {
	var page struct {
		Events []event `json:"events"`
		Next   uint64  `json:"next"`
	}
	for page.Next = 1; err == nil && page.Next != 0; all = append(all, page.Events...) {
		from := page.Next
		page.Next, page.Events = 0, nil
		_, err = m.call(http.MethodGet, fmt.Sprintf("/v2/jobs/%s/events?limit=1000&from=%d", url.PathEscape(job), from), "", &page)
	}
	return all, err
}
