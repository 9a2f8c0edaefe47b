package restart

import (
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
	"github.com/milosgajdos/taurus/internal/job"
)

// Tally is what a slot remembers of the ends of its tasks in one run of the job.
type Tally struct {
	// Failures counts the ends that the task is to blame for, Streak all that
	// followed a short run.
	Failures, Streak uint32
	// Unlucky counts, of a batch, the blameless ends in a row that followed a short run.
	Unlucky uint32
	// Crashes counts the failures of the streak, Crashing is when the first of them was.
	Crashes  uint32
	Crashing time.Time
}

// UnluckyMax is how many blameless ends in a row, each after a short run, a batch task is
// given before it has failed after all. None of them uses up an attempt, so nothing else
// would end a task that never comes to run: with the default back-offs it is over three
// hours of trying.
const UnluckyMax = 200

// LoopCrashes is after how many failures in a row a task is in a crash loop: none of
// its runs was as long as reset_after.
const LoopCrashes = 3

// Looping reports whether the slot's tasks crash again and again.
func (t Tally) Looping() bool { return t.Crashes >= LoopCrashes }

// After returns the tally once another task has ended. A run of some length
// forgives what was before it, but gives no batch task more attempts: one that
// fails late would never end.
func (t Tally) After(e End, kind job.Kind, r *job.Restart) Tally {
	if !e.ran() {
		return t
	}
	if e.Ran >= time.Duration(r.ResetAfter) {
		t.Streak, t.Unlucky, t.Crashes, t.Crashing = 0, 0, 0, time.Time{}
		if kind != job.KindBatch {
			t.Failures = 0
		}
	}
	t.Streak++
	if e.Blameless() && kind == job.KindBatch && e.Ran < time.Duration(r.ResetAfter) {
		t.Unlucky++
	}
	return t.Corrected(e)
}

// Corrected returns the tally once the agent's own word has replaced a made-up end,
// which was not counted as a failure.
func (t Tally) Corrected(e End) Tally {
	if !e.Blameless() {
		t.Unlucky = 0
	}
	if !e.Failed() {
		return t
	}
	t.Failures++
	t.Crashes++
	if t.Crashes == 1 {
		t.Crashing = e.At
	}
	return t
}

// BackOff is how long the next task of the slot waits after the end of the last:
// 1, 2, 4 ... times the group's first wait, up to its longest. It is zero where
// nothing ran or nothing has ended, and after a task that had to leave its agent: that
// agent offers nothing until it is back, so nothing is tried there again and again.
func (t Tally) BackOff(e End, r *job.Restart) time.Duration {
	if !e.ran() || e.Class() == Drained {
		return 0
	}
	return backoff.Wait{First: time.Duration(r.Backoff), Max: time.Duration(r.BackoffMax)}.After(int(t.Streak))
}
