package world_test

import (
	"slices"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/world"
)

// TestLostTail: the log loses the stop of a job, and all that came of it, while all
// processes are down. They refuse it; unguarded, they run again what a user was told
// is stopped.
func TestLostTail(t *testing.T) {
	for name, unguarded := range map[string]bool{"guarded": false, "unguarded": true} {
		t.Run(name, func(t *testing.T) {
			w := whole(2)
			w.Options.Unguarded = unguarded
			must(t, w.Submit(world.Service("web", 3)))
			w.Pass(time.Minute)
			wantAlive(t, w, "web", 3)
			keep := w.Log.Last()
			must(t, w.Command("web", submission.Stop{}))
			w.Pass(time.Minute)
			wantAlive(t, w, "web", 0)
			for i := range w.Processes {
				w.Kill(i)
			}
			w.Pass(time.Minute)
			lost := w.LoseTail(keep)
			for i := range w.Processes {
				w.Start(i, 0)
			}
			w.Pass(5 * time.Minute)
			if unguarded {
				wantAlive(t, w, "web", 3)
				return
			}
			if w.Refused != len(w.Processes) || w.Log.Last() != keep {
				t.Errorf("%d of %d refused, %d records more", w.Refused, len(w.Processes), w.Log.Last()-keep)
			}
			wantAlive(t, w, "web", 0)
			w.Restore(lost)
			for i := range w.Processes {
				w.Start(i, 0)
			}
			agree(t, w)
			wantAlive(t, w, "web", 0)
		})
	}
}

// TestLostTailAccepted: the log loses a submission and a scaling, and an operator
// accepts that. What runs of them is kept, nothing is launched beside it, and users
// decide about it.
func TestLostTailAccepted(t *testing.T) {
	w := whole(2)
	must(t, w.Submit(world.Service("web", 1)))
	w.Pass(time.Minute)
	keep := w.Log.Last()
	must(t, w.Command("web", scale(2)))
	must(t, w.Submit(world.Service("lost", 2)))
	w.Pass(time.Minute)
	alive, last := ids(w), w.Log.Last()
	if len(alive) != 4 {
		t.Fatalf("%q are alive", alive)
	}
	for i := range w.Processes {
		w.Kill(i)
	}
	w.Pass(time.Minute)
	w.LoseTail(keep)
	w.AcceptLoss(last)
	for i := range w.Processes {
		w.Start(i, 0)
	}
	w.Pass(20 * time.Minute)
	if now := ids(w); w.Refused != 0 || !slices.Equal(now, alive) {
		t.Fatalf("%d refused; alive are %q, and were %q\n%s", w.Refused, now, alive, w.Story())
	}
	must(t, w.Command("web", scale(2)))
	must(t, w.Command("lost", submission.Stop{}))
	agree(t, w)
	wantAlive(t, w, "web", 2)
	wantAlive(t, w, "lost", 0)
	must(t, w.Submit(world.Service("lost", 1)))
	agree(t, w)
	wantAlive(t, w, "lost", 1)
}

// TestLostRun: the log loses that a run of a schedule began, and an operator accepts that.
// Whoever is there first, planners or the launcher that learns what Mesos runs, the run
// is not begun again.
func TestLostRun(t *testing.T) {
	for name, first := range map[string]string{"planners first": "planner", "launchers first": "launcher"} {
		t.Run(name, func(t *testing.T) {
			w := whole(2)
			spec := world.Periodic("nightly", job.OverlapForbid, job.MissedAll)
			spec.Schedule.Cron, spec.Schedule.StartDeadline = job.Lines{"0 * * * *"}, job.Duration(30*time.Minute)
			spec.Tasks[0].Labels[world.LabelRunFor] = "2h"
			must(t, w.Submit(spec))
			keep := w.Log.Last()
			for len(ids(w)) == 0 && w.Log.Last() < keep+100 {
				w.Pass(time.Minute)
			}
			alive, last := ids(w), w.Log.Last()
			if len(alive) != 1 {
				t.Fatalf("%q are alive\n%s", alive, w.Story())
			}
			for i := range w.Processes {
				w.Kill(i)
			}
			w.LoseTail(keep)
			w.AcceptLoss(last)
			for _, early := range []bool{true, false} {
				for i, p := range w.Processes {
					if (p.Role == first) == early {
						w.Start(i, 0)
					}
				}
				w.Pass(time.Minute)
			}
			w.Pass(20 * time.Minute)
			if now := ids(w); w.Refused != 0 || !slices.Equal(now, alive) {
				t.Fatalf("%d refused; alive are %q, and were %q\n%s", w.Refused, now, alive, w.Story())
			}
			runs := w.Processes[0].State.Jobs["nightly"].Series.Runs
			if len(runs) != 1 || runs[0].Outcome != events.RunSkipped {
				t.Errorf("it is told as %+v", runs)
			}
		})
	}
}
