package planning_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	core "github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/job/cron"
	"github.com/milosgajdos/taurus/pkg/events"
)

// nightly is a periodic job that is due every five minutes.
func nightly(change ...func(*job.Schedule)) *job.Spec {
	s := clustertest.Batch("n", 1)
	s.Kind, s.Schedule = job.KindPeriodic, &job.Schedule{Cron: job.Lines{"*/5 * * * *"}, StartDeadline: job.Duration(time.Minute), KeepRuns: 1000}
	for _, c := range change {
		c(s.Schedule)
	}
	return s
}

// plan appends what is decided until nothing is, and tells it.
func plan(l *clustertest.Log, j *cluster.Job) (told []string) {
	for d := planning.Decide(j, l.Now); d.Event != nil; d = planning.Decide(j, l.Now) {
		l.Plan(j.ID, d.Event)
		told = append(told, tell(d.Event))
	}
	return told
}

func tell(ev events.Event) string {
	due, is := ev.(events.RunDue)
	if !is {
		return ev.Type()
	}
	text := due.At.UTC().Format("15:04 ") + due.Outcome
	if due.Count != 0 {
		text += fmt.Sprintf(" %d from %s", due.Count, due.From.UTC().Format("15:04"))
	}
	if due.Replaces {
		text += " replacing"
	}
	return text
}

// TestWhatIsDue by policy, after what happened. The log begins at 12:00.
func TestWhatIsDue(t *testing.T) {
	t.Parallel()
	forbid, allow, replace := job.OverlapForbid, job.OverlapAllow, job.OverlapReplace
	none, last, all := job.MissedNone, job.MissedLast, job.MissedAll
	for _, c := range []struct {
		name, overlap, missed string
		pass                  []time.Duration // and plan after each
		end                   bool            // runs end at once
		want                  []string
	}{
		{"nothing before its time", allow, none, []time.Duration{5*time.Minute - time.Second}, false, nil},
		{"at its time", allow, none, []time.Duration{5 * time.Minute}, false, []string{"12:05 started"}},
		{"late within the deadline", allow, none, []time.Duration{6 * time.Minute}, false, []string{"12:05 started"}},
		{"later than that", allow, none, []time.Duration{6*time.Minute + time.Second}, false, []string{"12:05 missed"}},
		{"later than that, made up", allow, last, []time.Duration{6*time.Minute + time.Second}, false, []string{"12:05 started"}},
		{"an outage, none", allow, none, []time.Duration{23 * time.Minute}, false, []string{"12:20 missed 4 from 12:05"}},
		{"an outage, last", allow, last, []time.Duration{23 * time.Minute}, false, []string{"12:15 missed 3 from 12:05", "12:20 started"}},
		{"an outage, all", allow, all, []time.Duration{23 * time.Minute}, false, []string{"12:05 started", "12:10 started", "12:15 started", "12:20 started"}},
		{"an outage, last, and one is due now", allow, last, []time.Duration{20 * time.Minute}, false, []string{"12:15 missed 3 from 12:05", "12:20 started"}},
		{"an outage, none, and one is due now", allow, none, []time.Duration{20 * time.Minute}, false, []string{"12:15 missed 3 from 12:05", "12:20 started"}},
		{"overlap allowed", allow, none, []time.Duration{5 * time.Minute, 5 * time.Minute}, false, []string{"12:05 started", "12:10 started"}},
		{"overlap forbidden", forbid, none, []time.Duration{5 * time.Minute, 5 * time.Minute}, false, []string{"12:05 started", "12:10 skipped"}},
		{"no overlap", forbid, none, []time.Duration{5 * time.Minute, 5 * time.Minute}, true, []string{"12:05 started", "12:10 started"}},
		{"overlap replaced", replace, none, []time.Duration{5 * time.Minute, 5 * time.Minute}, false, []string{"12:05 started", "12:10 started replacing"}},
		{"all, one after the other", forbid, all, []time.Duration{18 * time.Minute, 0, 0}, true, []string{"12:05 started", "12:10 started", "12:15 started"}},
		{"all, and what is due meanwhile waits", forbid, all, []time.Duration{11 * time.Minute, 4 * time.Minute, time.Minute}, false, []string{"12:05 started"}},
		{"all, and one overlaps in time", forbid, all, []time.Duration{5 * time.Minute, 5 * time.Minute}, false, []string{"12:05 started", "12:10 skipped"}},
		{"all, and the first goes on", forbid, all, []time.Duration{18 * time.Minute, time.Minute}, false, []string{"12:05 started"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := clustertest.New()
			j := l.Submit(nightly(func(s *job.Schedule) { s.Overlap, s.Missed = c.overlap, c.missed }))
			var got []string
			for _, d := range c.pass {
				l.Pass(d)
				got = append(got, plan(l, j)...)
				if c.end {
					endAll(l, j)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v\nwant %v", got, c.want)
			}
		})
	}
}

func endAll(l *clustertest.Log, j *cluster.Job) {
	for _, run := range j.Series.Live() {
		l.Plan(run.Job, events.JobCompleted{Run: run.Sequence})
	}
}

// TestWake is at the next time, and never while the schedule is paused.
func TestWake(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(nightly())
	noon := l.Now
	if wake := planning.Decide(j, l.Now).Wake; !wake.Equal(noon.Add(5 * time.Minute)) {
		t.Errorf("wakes at %s", wake)
	}
	l.Job("n", events.ScheduleSteered{Run: j.Run, Action: events.SchedulePause})
	l.Pass(time.Hour)
	if d := planning.Decide(j, l.Now); d.Event != nil || !d.Wake.IsZero() || !planning.NextDue(j, l.Now).IsZero() {
		t.Errorf("paused: %+v", d)
	}
	l.Job("n", events.ScheduleSteered{Run: j.Run, Action: events.ScheduleResume})
	l.Pass(6 * time.Minute)
	if got := plan(l, j); !slices.Equal(got, []string{"13:00 held 12 from 12:05", "13:05 started"}) {
		t.Errorf("resumed: %v", got)
	}
	if next := planning.NextDue(j, l.Now); !next.Equal(noon.Add(70 * time.Minute)) {
		t.Errorf("next at %s", next)
	}
	l.Job("n", events.JobStopped{Run: j.Run})
	l.Pass(time.Hour)
	if got := plan(l, j); len(got) != 0 || !planning.NextDue(j, l.Now).IsZero() {
		t.Errorf("stopped: %v", got)
	}
}

// TestLongOutage: however many times have passed, each is told, in few events.
func TestLongOutage(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(nightly(func(s *job.Schedule) { s.Cron, s.Missed = job.Lines{"*/10 * * * * *"}, job.MissedAll }))
	l.Pass(3 * 24 * time.Hour)
	counts := map[string]uint32{}
	n := 0
	for d := planning.Decide(j, l.Now); d.Event != nil; d = planning.Decide(j, l.Now) {
		due := d.Event.(events.RunDue)
		counts[due.Outcome] += max(due.Count, 1)
		l.Plan("n", due)
		endAll(l, j)
		n++
	}
	if total := counts[events.RunMissed] + counts[events.RunStarted]; total != 3*24*360 || counts[events.RunStarted] < planning.MissedMax || n > 120 {
		t.Errorf("%v in %d events", counts, n)
	}
}

// TestReplacingWaits: the tasks of a run that replaces another are planned when that
// is over, but for what is out of reach.
func TestReplacingWaits(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(nightly(func(s *job.Schedule) { s.Overlap = job.OverlapReplace }))
	l.Pass(5 * time.Minute)
	plan(l, j)
	first := l.State.Jobs[j.Series.Runs[0].Job]
	plan(l, first)
	task := first.Slots[0].Tasks[0]
	l.Stage(task)
	l.Report(task, "TASK_RUNNING", "u")
	l.Pass(5 * time.Minute)
	plan(l, j)
	second := l.State.Jobs[j.Series.Runs[1].Job]
	if got := planning.Awaited(l.State, second); got != first {
		t.Fatalf("waits for %v", got)
	}
	if planning.Awaited(l.State, first) != nil || planning.Awaited(l.State, j) != nil {
		t.Error("others wait, too")
	}
	l.Report(task, "TASK_UNREACHABLE", "u")
	if planning.Awaited(l.State, second) != nil {
		t.Error("waits for what is out of reach")
	}
	l.Report(task, "TASK_RUNNING", "u")
	c := l.Report(task, "TASK_KILLED", "u")
	if planning.Awaited(l.State, second) != nil || !slices.Contains(c.Others, second) {
		t.Errorf("waits for what is over, touched %v", c.Others)
	}
}

// TestRunThatTheLogLost: a run whose tasks are there is not begun again, and they go on.
func TestRunThatTheLogLost(t *testing.T) {
	l := clustertest.New()
	epoch := l.Elect()
	j := l.Submit(nightly())
	l.Pass(5 * time.Minute)
	at := planning.Decide(j, l.Now).Event.(events.RunDue).At
	id := job.RunID("n", at, 0)
	l.TaskIn(epoch, id, 0, events.TaskAdopted{
		Run: 1 << 40, Version: 1, Group: "batch", Slot: 0, Attempt: 1, TaskID: "t", AgentID: "S1", State: "TASK_RUNNING",
	})
	due, is := planning.DecideAmong(l.State, j, l.Now).Event.(events.RunDue)
	if !is || due.Outcome != events.RunSkipped || !due.At.Equal(at) {
		t.Fatalf("decides %+v", due)
	}
	l.Plan("n", due)
	if d := planning.DecideAmong(l.State, l.State.Jobs[id], l.Now); d.Event != nil {
		t.Errorf("of the run itself it decides %+v", d.Event)
	}
	if d := planning.DecideAmong(l.State, j, l.Now); d.Event != nil {
		t.Errorf("then it decides %+v", d.Event)
	}
}

// TestRunOfALostPart: after a loss that was accepted no time is decided that may have been
// decided in the lost part, before it is known what Mesos runs; whichever comes first, the
// planner's look or the adoption of what the lost run had begun, nothing is done twice.
func TestRunOfALostPart(t *testing.T) {
	for name, c := range map[string]struct {
		adopted, ended bool
		outcome        string
	}{
		"its tasks run":        {adopted: true, outcome: events.RunSkipped},
		"its tasks have ended": {adopted: true, ended: true, outcome: events.RunSkipped},
		"nothing of it runs":   {outcome: events.RunStarted},
	} {
		t.Run(name, func(t *testing.T) {
			l := clustertest.New()
			l.Elect()
			j := l.Submit(nightly())
			l.Pass(5 * time.Minute)
			at := planning.Decide(j, l.Now).Event.(events.RunDue).At
			id := job.RunID("n", at, 0)
			accepted := l.Append(events.Subject{Role: events.RoleLog}, events.Envelope{}, events.LossAccepted{From: 3, To: 9, Reason: "test"})
			if accepted.Judgement != cluster.Counted {
				t.Fatal(accepted.Judgement)
			}
			loss := l.State.Sequence
			waits := func(when string) {
				t.Helper()
				if d := planning.DecideAmong(l.State, j, l.Now); d.Event != nil {
					t.Fatalf("%s it decides %+v", when, d.Event)
				}
				if !planning.Unlisted(l.State, j) {
					t.Fatalf("%s nobody is told why", when)
				}
			}
			waits("before anything is adopted")
			if c.adopted {
				l.Task(id, 0, events.TaskAdopted{
					Run: 1 << 40, Version: 1, Group: "batch", Slot: 0, Attempt: 1, TaskID: "t", AgentID: "S1", State: "TASK_RUNNING",
				})
				waits("while others may be adopted")
			}
			if c.ended {
				l.Report(l.State.Jobs[id].Slots[0].Newest(), "TASK_FINISHED", "u")
			}
			launcher := events.Subject{Role: events.RoleLauncher}
			for _, other := range []events.TasksListed{{Loss: loss - 1}, {Loss: loss + 1}} {
				if got := l.Append(launcher, events.Envelope{Epoch: l.State.Launcher.Epoch}, other).Judgement; got != cluster.Unmatched {
					t.Errorf("a list after what is no loss is %s", got)
				}
			}
			l.Append(launcher, events.Envelope{Epoch: l.State.Launcher.Epoch - 1}, events.TasksListed{Loss: loss})
			waits("when one that was replaced has listed")
			if got := l.Append(launcher, events.Envelope{Epoch: l.State.Launcher.Epoch}, events.TasksListed{Loss: loss}); !got.Hearing || got.Judgement != cluster.Counted {
				t.Errorf("the list is %s", got.Judgement)
			}
			due, is := planning.DecideAmong(l.State, j, l.Now).Event.(events.RunDue)
			if !is || due.Outcome != c.outcome || !due.At.Equal(at) || planning.Unlisted(l.State, j) {
				t.Fatalf("once it is listed it decides %+v", due)
			}
			l.Plan("n", due)
			if child := l.State.Jobs[id]; c.adopted && (child.Run != 0 || planning.DecideAmong(l.State, child, l.Now).Event != nil) {
				t.Errorf("of the run itself it decides %+v", planning.DecideAmong(l.State, child, l.Now).Event)
			}
		})
	}
}

// TestTimesBehindALoss: what is due after the loss was accepted cannot have been decided in
// the lost part, and waits for nothing.
func TestTimesBehindALoss(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(nightly())
	at := planning.Decide(j, l.Now).Wake
	for before, waits := range map[time.Duration]bool{cluster.DueEarly: true, cluster.DueEarly + 1: false} {
		l := &clustertest.Log{State: l.State.Clone(), Now: at.Add(-before)}
		l.Append(events.Subject{Role: events.RoleLog}, events.Envelope{}, events.LossAccepted{From: 3, To: 9, Reason: "test"})
		l.Now = at
		if got := planning.DecideAmong(l.State, l.State.Jobs["n"], l.Now).Event == nil; got != waits {
			t.Errorf("accepted %v before: waits %t, want %t", before, got, waits)
		}
	}
}

// world is a log with planners whose clocks may be off, and what should come of it.
type world struct {
	log *clustertest.Log
	job *cluster.Job
	// phases are what was said of the schedule, in order.
	phases []said
	due    []events.RunDue // those that counted
}

type said struct {
	from   time.Time
	line   string
	paused bool
}

func (w *world) append(t *rapid.T, ev events.Event) {
	c := w.log.Plan("n", ev)
	if due, is := ev.(events.RunDue); is && c.Judgement == cluster.Counted {
		w.due = append(w.due, due)
	}
	if c.Judgement == cluster.Rejected {
		t.Fatalf("%s is rejected: %s", tell(ev), c.Rejection.Reason)
	}
}

// TestEachTimeOnce: whatever planners, users and time do, each time of the schedule is
// told of once, in the outcome that it had to have, and none is started twice.
func TestEachTimeOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{log: clustertest.New()}
		overlap := rapid.SampledFrom([]string{job.OverlapAllow, job.OverlapForbid, job.OverlapReplace}).Draw(t, "overlap")
		missed := rapid.SampledFrom([]string{job.MissedNone, job.MissedLast, job.MissedAll}).Draw(t, "missed")
		spec := func(line string) *job.Spec {
			return nightly(func(s *job.Schedule) { s.Overlap, s.Missed, s.Cron = overlap, missed, job.Lines{line} })
		}
		const line = "*/5 * * * *"
		w.job = w.log.Submit(spec(line))
		w.phases = []said{{from: w.log.Now, line: line}}
		var stale []events.RunDue // decided by planners that did not append yet, on an older state
		var staleAt []uint64
		steer := func(action string) {
			if w.log.Job("n", events.ScheduleSteered{Run: w.job.Run, Action: action}).Judgement == cluster.Counted {
				w.phases = append(w.phases, said{w.log.Now, w.phases[len(w.phases)-1].line, action == events.SchedulePause})
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"pass":   func(t *rapid.T) { w.log.Pass(time.Duration(rapid.IntRange(1, 400).Draw(t, "s")) * time.Second) },
			"outage": func(t *rapid.T) { w.log.Pass(time.Duration(rapid.IntRange(1, 20).Draw(t, "h")) * time.Hour) },
			"decide": func(t *rapid.T) {
				off := time.Duration(rapid.IntRange(-600, 600).Draw(t, "off")) * time.Second
				d := planning.Decide(w.job, w.log.Now.Add(off))
				if due, is := d.Event.(events.RunDue); is && due.At.After(w.log.Now) && !due.At.After(w.log.Now.Add(cluster.DueEarly)) {
					return // It counts, and what comes in between may change what is due.
				}
				if d.Event != nil {
					w.append(t, d.Event)
				}
			},
			"decide and hang": func(*rapid.T) {
				if due, is := planning.Decide(w.job, w.log.Now).Event.(events.RunDue); is {
					stale, staleAt = append(stale, due), append(staleAt, w.job.LastPlan)
				}
			},
			"come to": func(t *rapid.T) {
				for i, due := range stale {
					if staleAt[i] == w.job.LastPlan { // Else the log refuses it.
						w.append(t, due)
					}
				}
				stale, staleAt = nil, nil
			},
			"stranger": func(t *rapid.T) { // A second one of a time that was decided, whoever wrote it.
				if len(w.due) > 0 {
					if c := w.log.Plan("n", w.due[len(w.due)-1]); c.Judgement == cluster.Counted {
						t.Fatalf("%s counts twice", tell(w.due[len(w.due)-1]))
					}
				}
			},
			"end":    func(*rapid.T) { endAll(w.log, w.job) },
			"pause":  func(*rapid.T) { steer(events.SchedulePause) },
			"resume": func(*rapid.T) { steer(events.ScheduleResume) },
			"update": func(t *rapid.T) {
				now := w.phases[len(w.phases)-1]
				next := rapid.SampledFrom([]string{"*/5 * * * *", "*/7 * * * *", "30 */2 * * *"}).Draw(t, "line")
				s := spec(next)
				s.Normalise()
				data, err := s.JSON()
				if err != nil {
					t.Fatal(err)
				}
				w.log.Job("n", events.JobUpdated{Run: w.job.Run, Version: w.job.Version + 1, Spec: data})
				if next != now.line {
					w.phases = append(w.phases, said{w.log.Now, next, now.paused})
				}
			},
		})
		steer(events.ScheduleResume)
		w.log.Pass(time.Minute)
		for n := 0; ; n++ {
			d := planning.Decide(w.job, w.log.Now)
			if d.Event == nil && len(w.job.Series.Live()) == 0 {
				break
			}
			if d.Event != nil {
				w.append(t, d.Event)
			}
			endAll(w.log, w.job)
			if n > 100_000 {
				t.Fatal("never comes to an end")
			}
		}
		w.check(t)
	})
}

// check holds what was told against the schedule.
func (w *world) check(t *rapid.T) {
	told := map[time.Time]string{}
	through := w.phases[0].from
	for _, due := range w.due {
		from := due.At
		if due.Count > 0 {
			from = due.From
		}
		n := uint32(0)
		for _, at := range w.times(through, due.At) {
			if at.Before(from) {
				t.Fatalf("%s is passed over by %s", at, tell(due))
			}
			if told[at] != "" {
				t.Fatalf("%s is told of twice", at)
			}
			told[at] = due.Outcome
			if held := w.pausedAt(at); held != (due.Outcome == events.RunHeld) {
				t.Fatalf("%s, paused %v: %s", at, held, due.Outcome)
			}
			n++
		}
		if n != max(due.Count, 1) {
			t.Fatalf("%s stands for %d times, and there are %d", tell(due), due.Count, n)
		}
		through = due.At
	}
	for _, at := range w.times(w.phases[0].from, w.log.Now) {
		if told[at] == "" {
			t.Fatalf("%s is not told of", at)
		}
	}
	started := map[string]bool{}
	for _, run := range w.job.Series.Runs {
		if run.Job != "" && started[run.Job] {
			t.Fatalf("%s is started twice", run.Job)
		}
		started[run.Job] = true
	}
}

// times are those of the schedule after one and up to another.
func (w *world) times(after, until time.Time) (list []time.Time) {
	for i, p := range w.phases {
		end := until
		if i+1 < len(w.phases) && w.phases[i+1].from.Before(until) {
			end = w.phases[i+1].from
		}
		s, err := cron.Parse([]string{p.line}, "UTC")
		if err != nil {
			panic(err)
		}
		from := p.from
		if after.After(from) {
			from = after
		}
		for at := s.Next(from); !at.After(end); at = s.Next(at) {
			list = append(list, at)
		}
	}
	return list
}

func (w *world) pausedAt(at time.Time) (paused bool) {
	for _, p := range w.phases {
		if p.from.Before(at) {
			paused = p.paused
		}
	}
	return paused
}

// TestClockThatGoesBack: the log's time may; no run is started twice for it.
func TestClockThatGoesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := clustertest.New()
		j := l.Submit(nightly(func(s *job.Schedule) { s.Overlap, s.Missed = job.OverlapAllow, job.MissedAll }))
		started := map[time.Time]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"pass": func(t *rapid.T) { l.Pass(time.Duration(rapid.IntRange(-3600, 5000).Draw(t, "s")) * time.Second) },
			"plan": func(t *rapid.T) {
				for d := planning.Decide(j, l.Now); d.Event != nil; d = planning.Decide(j, l.Now) {
					due := d.Event.(events.RunDue)
					if c := l.Plan("n", due); c.Judgement != cluster.Counted {
						t.Fatalf("%s is %s", tell(due), c.Judgement)
					}
					if due.Outcome == events.RunStarted && started[due.At] {
						t.Fatalf("%s again", tell(due))
					}
					started[due.At] = true
					endAll(l, j)
				}
			},
			"again": func(*rapid.T) {
				l.Job("n", events.JobStopped{Run: j.Run})
				j = l.Submit(nightly(func(s *job.Schedule) { s.Overlap, s.Missed = job.OverlapAllow, job.MissedAll }))
			},
		})
	})
}

func BenchmarkDecideAfterAnOutage(b *testing.B) {
	l := clustertest.New()
	j := l.Submit(nightly(func(s *job.Schedule) { s.Cron, s.TimeZone = job.Lines{"* * * * * *"}, "Europe/Berlin" }))
	l.Pass(24 * time.Hour)
	for b.Loop() {
		planning.Decide(j, l.Now)
	}
}

// TestNoRoomForARun: nothing is started, and nothing told, while the log has no space;
// then it is told how many were missed.
func TestNoRoomForARun(t *testing.T) {
	l := clustertest.New()
	m, at := planning.New(events.NewSpace(0), "one", l.State), core.Moment{Now: l.Now, Log: l.Now}
	step := func(in core.Input) (appended []string) {
		for _, e := range append([]core.Effect(nil), m.Step(at, in)...) {
			a, appends := e.(core.Append)
			if !appends {
				continue
			}
			draft := a.Drafts[0]
			subject, err := events.ParseSubject(draft.Subject)
			if err != nil {
				t.Fatal(err)
			}
			change := l.Append(subject, draft.Envelope, draft.Event)
			appended = append(appended, tell(draft.Event))
			m.Step(at, core.Folded{Record: &l.Records[len(l.Records)-1], Change: change})
			m.Step(at, core.Appended{Ticket: a.Ticket, Outcome: core.Outcome{Answer: core.Stored, Last: l.State.Sequence}})
		}
		return appended
	}
	pass := func(d time.Duration) {
		l.Pass(d)
		at.Now, at.Log = at.Now.Add(d), at.Log.Add(d)
	}
	c := cluster.Change{Job: l.Submit(nightly(func(s *job.Schedule) { s.Overlap = job.OverlapAllow }))}
	step(core.Folded{Record: &l.Records[0], Change: c})
	step(core.CaughtUp{})
	need := reserve.Of(l.State)
	step(planning.Usage{Bytes: 0, MaxBytes: need.Due + need.Ends + 100})
	step(core.Tick{})
	for range 4 {
		pass(5 * time.Minute)
		if got := step(core.Tick{}); len(got) != 0 {
			t.Fatalf("without space: %v", got)
		}
	}
	if wake := m.Wake(); wake.Sub(at.Now) > planning.UsageEvery {
		t.Errorf("looks again at %s", wake)
	}
	step(planning.Usage{Bytes: 0, MaxBytes: 1 << 30})
	pass(planning.UsageEvery)
	var got []string
	for range 4 {
		got = append(got, step(core.Tick{})...)
	}
	if want := "[12:15 missed 3 from 12:05 12:20 started taurus.plan.tasks_planned.v1]"; fmt.Sprint(got) != want {
		t.Errorf("then %v, want %s", got, want)
	}
}

// TestARunLooksAtItsSeries: the end of a run puts its series onto the agenda, and the
// series the runs that it stops.
func TestARunLooksAtItsSeries(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(nightly(func(s *job.Schedule) { s.Missed = job.MissedAll }))
	l.Pass(11 * time.Minute)
	if got := plan(l, j); len(got) != 1 {
		t.Fatalf("planned %v", got)
	}
	m, at := planning.New(events.NewSpace(0), "one", l.State), core.Moment{Now: l.Now, Log: l.Now}
	m.Step(at, core.CaughtUp{})
	c := l.Plan(j.Series.Runs[0].Job, events.JobCompleted{Run: j.Series.Runs[0].Sequence})
	m.Step(at, core.Folded{Record: &l.Records[len(l.Records)-1], Change: c})
	found := false
	for _, e := range m.Step(at, core.Tick{}) {
		if a, is := e.(core.Append); is && tell(a.Drafts[0].Event) == "12:10 started" {
			found = true
		}
	}
	if !found {
		t.Error("the next run is not started when the one before it is over")
	}
}
