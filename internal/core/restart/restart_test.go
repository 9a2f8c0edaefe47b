package restart_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/core/taskstate"
	"github.com/milosgajdos/taurus/internal/job"
)

const (
	attempts   = 3
	resetAfter = time.Minute
)

// blameless are the reasons that clear a task whatever its state.
func blameless() []string {
	return []string{
		"REASON_AGENT_DRAINING", "REASON_AGENT_REMOVED", "REASON_AGENT_REMOVED_BY_OPERATOR", "REASON_AGENT_DISCONNECTED",
		"REASON_AGENT_RESTARTED", "REASON_INVALID_OFFERS", "REASON_MASTER_DISCONNECTED",
	}
}

// blaming are some of the others, and one that nobody has heard of.
func blaming() []string {
	return []string{
		"", "REASON_COMMAND_EXECUTOR_FAILED", "REASON_CONTAINER_LIMITATION_MEMORY", "REASON_TASK_INVALID", "REASON_RECONCILIATION",
		"REASON_OF_TOMORROW",
	}
}

// policy is that of a group in a job of a kind, with its defaults.
func policy(kind job.Kind, name string) *job.Restart {
	spec := job.Spec{Kind: kind, Tasks: []job.Group{{Restart: &job.Restart{Policy: name}}}}
	spec.Normalise()
	return spec.Tasks[0].Restart
}

// pairs says by hand, of a task in each state: whether what happened to it counts
// as an end (Streak) and as its failure (Failures), and what its fate is in a
// service and in a batch job under each restart policy.
//
//	.  has not ended
//	A  again
//	D  done
//	F  failed
//	u  again, and failed once the attempts are used up
//
// In brackets what becomes of it if the reason clears the task.
const pairs = `
                 streak failures  service: always on_failure never  batch: always on_failure never
PENDING          0      0                  .      .          .             .      .          .
STAGING          0      0                  .      .          .             .      .          .
STARTING         0      0                  .      .          .             .      .          .
RUNNING          0      0                  .      .          .             .      .          .
KILLING          0      0                  .      .          .             .      .          .
FINISHED         1      0                  A      D          D             A      D          D
FAILED           1      1(0)               A      A          F(A)          u(A)   u(A)       F(A)
KILLED           1      1(0)               A      A          F(A)          u(A)   u(A)       F(A)
ERROR            1      1(0)               A      A          F(A)          u(A)   u(A)       F(A)
LOST             1      0                  A      A          A             A      A          A
DROPPED          1      0                  A      A          A             A      A          A
GONE             1      0                  A      A          A             A      A          A
GONE_BY_OPERATOR 1      0                  A      A          A             A      A          A
UNKNOWN          1      0                  A      A          A             A      A          A
WITHDRAWN        0      0                  A      A          A             A      A          A
`

// row is what the table says of a state.
type row struct {
	state            taskstate.State
	streak, failures string
	fates            []string
}

// column is a kind of job and a restart policy.
type column struct {
	kind   job.Kind
	policy string
}

// columns are those of the fates, from left to right.
func columns() []column {
	var all []column
	for _, kind := range []job.Kind{job.KindService, job.KindBatch} {
		for _, policy := range []string{job.RestartAlways, job.RestartOnFailure, job.RestartNever} {
			all = append(all, column{kind, policy})
		}
	}
	return all
}

// table reads pairs, and fails unless it has a row for every state.
func table(t *testing.T) []row {
	t.Helper()
	var rows []row
	for _, line := range strings.Split(strings.TrimSpace(pairs), "\n")[1:] {
		cells := strings.Fields(line)
		r := row{state: taskstate.State(len(rows)), streak: cells[1], failures: cells[2], fates: cells[3:]}
		if r.state.String() != cells[0] || len(r.fates) != len(columns()) {
			t.Fatalf("%q in the place of %s", line, r.state)
		}
		rows = append(rows, r)
	}
	if next := taskstate.State(len(rows)); next.String() != "INVALID" {
		t.Fatalf("no row for %s", next)
	}
	return rows
}

// eachReason calls f with every reason, and with what a cell says under it.
func eachReason(f func(reason string, pick func(cell string) string)) {
	for _, reason := range blaming() {
		f(reason, func(cell string) string { return cell[:1] })
	}
	for _, reason := range blameless() {
		f(reason, func(cell string) string {
			if _, cleared, ok := strings.Cut(cell, "("); ok {
				return cleared[:1]
			}
			return cell
		})
	}
}

// fate is what a letter of the table means.
func fate(letter string, failures uint32) restart.Fate {
	if letter == "u" && failures >= attempts {
		return restart.Failed
	}
	return map[string]restart.Fate{
		".": restart.Running, "A": restart.Again, "D": restart.Done, "F": restart.Failed, "u": restart.Again,
	}[letter]
}

// TestFates of every state under every policy, kind and reason, with attempts
// left, with none left, and with more used than there are.
func TestFates(t *testing.T) {
	for _, r := range table(t) {
		eachReason(func(reason string, pick func(string) string) {
			for i, c := range columns() {
				for failures := range uint32(attempts + 2) {
					want := fate(pick(r.fates[i]), failures)
					tally := restart.Tally{Failures: failures, Streak: failures}
					got := tally.Fate(restart.End{State: r.state, Reason: reason}, policy(c.kind, c.policy))
					if got != want {
						t.Errorf("%s %s, %s job, %s, %d failures: %s, want %s",
							r.state, reason, c.kind, c.policy, failures, got, want)
					}
				}
			}
		})
	}
}

// TestOwnAttempts: the group's own number counts, in a service none does.
func TestOwnAttempts(t *testing.T) {
	failed := restart.End{State: taskstate.Failed}
	for _, c := range []struct {
		attempts, failures uint32
		want               restart.Fate
	}{{1, 1, restart.Failed}, {2, 1, restart.Again}, {2, 2, restart.Failed}, {0, 1000, restart.Again}} {
		r := &job.Restart{Policy: job.RestartOnFailure, Attempts: c.attempts}
		if got := (restart.Tally{Failures: c.failures}).Fate(failed, r); got != c.want {
			t.Errorf("%d failures of %d attempts: %s, want %s", c.failures, c.attempts, got, c.want)
		}
	}
}

// TestCounting of every state and reason in every kind of job, after runs of any
// length: a long one forgives, but a batch task keeps its failures.
func TestCounting(t *testing.T) {
	before := restart.Tally{Failures: 2, Streak: 5, Unlucky: 3, Crashes: 1, Crashing: time.Unix(100, 0)}
	ended := time.Unix(200, 0)
	for _, r := range table(t) {
		eachReason(func(reason string, pick func(string) string) {
			for _, kind := range []job.Kind{job.KindService, job.KindBatch} {
				for _, ran := range []time.Duration{0, 1, resetAfter - 1, resetAfter, 100 * resetAfter} {
					want := before
					if pick(r.streak) == "1" {
						if ran >= resetAfter {
							want.Streak, want.Unlucky, want.Crashes, want.Crashing = 0, 0, 0, time.Time{}
						}
						if ran >= resetAfter && kind == job.KindService {
							want.Failures = 0
						}
						want.Streak++
						switch blame := pick(r.failures) == "1" || r.state == taskstate.Finished; {
						case blame:
							want.Unlucky = 0
						case kind == job.KindBatch && ran < resetAfter:
							want.Unlucky++
						}
					}
					if pick(r.failures) == "1" {
						want.Failures++
						want.Crashes++
						if want.Crashes == 1 {
							want.Crashing = ended
						}
					}
					e := restart.End{State: r.state, Reason: reason, Ran: ran, At: ended}
					if got := before.After(e, kind, policy(kind, job.RestartOnFailure)); got != want {
						t.Errorf("%s %s after %s in a %s job: %+v, want %+v", r.state, reason, ran, kind, got, want)
					}
				}
			}
		})
	}
}

// TestBadLuckEnds: what is nobody's fault uses up no attempt, but does not go on for ever
// in a batch; a service is kept.
func TestBadLuckEnds(t *testing.T) {
	lost := restart.End{State: taskstate.Lost}
	for _, kind := range []job.Kind{job.KindService, job.KindBatch} {
		r := policy(kind, job.RestartOnFailure)
		var tally restart.Tally
		for n := range 2 * restart.UnluckyMax {
			tally = tally.After(lost, kind, r)
			want := restart.Again
			if kind == job.KindBatch && n+1 >= restart.UnluckyMax {
				want = restart.Failed
			}
			if got := tally.Fate(lost, r); got != want {
				t.Fatalf("%s: %s after %d losses, want %s", kind, got, n+1, want)
			}
		}
		if tally = tally.After(restart.End{State: taskstate.Lost, Ran: resetAfter}, kind, r); tally.Fate(lost, r) != restart.Again {
			t.Errorf("%s: a long run does not make up for it", kind)
		}
	}
}

// TestBlame of every state and reason: a task is to blame for what counts as its
// failure, and an end is its own fault, its work, or nobody's.
func TestBlame(t *testing.T) {
	for _, r := range table(t) {
		eachReason(func(reason string, pick func(string) string) {
			e := restart.End{State: r.state, Reason: reason}
			if want := pick(r.failures) == "1"; e.Failed() != want {
				t.Errorf("%s %s: failed %t, want %t", r.state, reason, e.Failed(), want)
			}
			if e.Failed() && e.Blameless() {
				t.Errorf("%s %s: failed, and blameless", r.state, reason)
			}
			if r.state.Terminal() && r.state != taskstate.Finished && e.Failed() == e.Blameless() {
				t.Errorf("%s %s: nobody's fault and nobody's work", r.state, reason)
			}
			corrected := restart.Tally{Failures: 1, Streak: 4}.Corrected(e)
			if corrected.Streak != 4 || (corrected.Failures == 2) != e.Failed() {
				t.Errorf("%s %s after all: %+v", r.state, reason, corrected)
			}
		})
	}
}

// TestMadeUpThenTrue: what the agent says after all counts as if it had been said
// at once.
func TestMadeUpThenTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := tally().Draw(t, "tally")
		kind := rapid.SampledFrom([]job.Kind{job.KindService, job.KindBatch}).Draw(t, "kind")
		r := policy(kind, job.RestartOnFailure)
		ran := time.Duration(rapid.Int64Range(0, int64(2*resetAfter)).Draw(t, "ran"))
		madeUp := restart.End{State: rapid.SampledFrom([]taskstate.State{
			taskstate.Lost, taskstate.Dropped, taskstate.Gone, taskstate.GoneByOperator, taskstate.Vanished,
		}).Draw(t, "made up"), Ran: ran}
		own := restart.End{State: rapid.SampledFrom([]taskstate.State{
			taskstate.Finished, taskstate.Failed, taskstate.Killed, taskstate.Error,
		}).Draw(t, "own"), Reason: rapid.SampledFrom(slices.Concat(blaming(), blameless())).Draw(t, "reason"), Ran: ran}
		if late, atOnce := before.After(madeUp, kind, r).Corrected(own), before.After(own, kind, r); late != atOnce {
			t.Fatalf("%+v after %+v, %+v at once", late, madeUp, atOnce)
		}
	})
}

func tally() *rapid.Generator[restart.Tally] {
	return rapid.Custom(func(t *rapid.T) restart.Tally {
		return restart.Tally{
			Failures: rapid.Uint32Range(0, 1<<20).Draw(t, "failures"), Streak: rapid.Uint32Range(0, 1<<20).Draw(t, "streak"),
			Unlucky: rapid.Uint32Range(0, 300).Draw(t, "unlucky"),
		}
	})
}

func TestBackOff(t *testing.T) {
	second := func(n float64) job.Duration { return job.Duration(n * float64(time.Second)) }
	for _, c := range []struct {
		first, longest job.Duration
		want           string
	}{
		{second(1), second(60), "0s 1s 2s 4s 8s 16s 32s 1m0s 1m0s"},
		{second(10), second(25), "0s 10s 20s 25s 25s"},
		{second(0.5), second(0.5), "0s 500ms 500ms"},
		{second(60), second(1), "0s 1s 1s"},
		{2, 5, "0s 2ns 4ns 5ns 5ns"},
	} {
		var got []string
		for streak := range uint32(len(strings.Fields(c.want))) {
			wait := restart.Tally{Streak: streak}.BackOff(restart.End{State: taskstate.Failed}, &job.Restart{Backoff: c.first, BackoffMax: c.longest})
			got = append(got, fmt.Sprint(wait))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("from %s to %s: %s, want %s", c.first, c.longest, text, c.want)
		}
	}
}

// TestBackOffFollowsAnEnd of something that ran: any but a withdrawn task's.
func TestBackOffFollowsAnEnd(t *testing.T) {
	for _, r := range table(t) {
		wait := restart.Tally{Streak: 3}.BackOff(restart.End{State: r.state}, policy(job.KindService, ""))
		if waits := wait == 4*time.Second; waits != (r.streak == "1") || !waits && wait != 0 {
			t.Errorf("%s: waits %s", r.state, wait)
		}
	}
}

// TestBackOffAfterADrain is none: by Mesos or by us, unless the task failed before.
func TestBackOffAfterADrain(t *testing.T) {
	const draining = "REASON_AGENT_DRAINING"
	for _, c := range []struct {
		end  restart.End
		want time.Duration
	}{
		{restart.End{State: taskstate.Killed, Reason: draining}, 0},
		{restart.End{State: taskstate.GoneByOperator, Reason: draining}, 0},
		{restart.End{State: taskstate.Killed, Doomed: true, Doom: "drained"}, 0},
		{restart.End{State: taskstate.Finished, Reason: draining}, 4 * time.Second},
		{restart.End{State: taskstate.Killed}, 4 * time.Second},
		{restart.End{State: taskstate.Failed, Exit: new(3), Began: true, Doomed: true, Doom: "drained"}, 4 * time.Second},
	} {
		if wait := (restart.Tally{Streak: 3}).BackOff(c.end, policy(job.KindService, "")); wait != c.want {
			t.Errorf("%+v: waits %s, want %s", c.end, wait, c.want)
		}
	}
}

// TestBackOffGrows: it is never shorter after one more end, begins at the first
// wait, doubles, and ends at the longest, whatever the numbers.
func TestBackOffGrows(t *testing.T) {
	wait := rapid.OneOf(
		rapid.Int64Range(1, 20), rapid.Int64Range(1, int64(time.Hour)), rapid.Int64Min(1), rapid.SampledFrom([]int64{1, 2, 3, 1<<62 - 1, 1 << 62, 1<<63 - 1}),
	)
	rapid.Check(t, func(t *rapid.T) {
		first, longest := wait.Draw(t, "first"), wait.Draw(t, "longest")
		r := &job.Restart{Backoff: job.Duration(first), BackoffMax: job.Duration(longest)}
		streak := rapid.OneOf(rapid.Uint32Range(1, 70), rapid.Uint32Range(1, 1<<32-2)).Draw(t, "streak")
		e := restart.End{State: taskstate.Failed}
		at := func(streak uint32) int64 { return int64(restart.Tally{Streak: streak}.BackOff(e, r)) }
		if got := at(1); got != min(first, longest) {
			t.Fatalf("after the first end %d", got)
		}
		now, next := at(streak), at(streak+1)
		if now <= 0 || now > longest || next < now {
			t.Fatalf("after %d ends %d, then %d", streak, now, next)
		}
		want := longest
		if now <= longest/2 {
			want = 2 * now
		}
		if next != want {
			t.Fatalf("after %d ends %d, then %d, want %d", streak, now, next, want)
		}
		if got := at(streak + 64); streak < 1<<31 && got != longest {
			t.Fatalf("after 64 more ends %d", got)
		}
	})
}

// TestBackOffIsNeverNegative: not even by a spec that no api let through.
func TestBackOffIsNeverNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &job.Restart{Backoff: job.Duration(rapid.Int64().Draw(t, "first")), BackoffMax: job.Duration(rapid.Int64().Draw(t, "longest"))}
		e := restart.End{State: rapid.SampledFrom([]taskstate.State{taskstate.Running, taskstate.Failed, taskstate.Gone}).Draw(t, "state")}
		if got := (restart.Tally{Streak: rapid.Uint32().Draw(t, "streak")}).BackOff(e, r); got < 0 || got > max(0, time.Duration(r.BackoffMax)) {
			t.Fatalf("waits %s", got)
		}
	})
}
