package deciding

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// due takes all that is on the agenda.
func due(d *agenda, folded uint64, now time.Time) (jobs []string) {
	d.wake(folded, now)
	for {
		job, ok := d.take(folded, now)
		if !ok {
			return jobs
		}
		jobs = append(jobs, job)
	}
}

// TestAgendaKeepsOneWake: a job that is looked at for every status of its tasks, and
// each time wants to wake at the same time, does not fill the agenda.
func TestAgendaKeepsOneWake(t *testing.T) {
	d, now := newAgenda(), time.Unix(1_000_000, 0)
	for range 1000 {
		d.wakeAt("web", now.Add(time.Minute))
		d.wakeAt("web", now.Add(time.Hour))
	}
	if len(d.wakes) != 1 {
		t.Fatalf("%d wakes", len(d.wakes))
	}
	d.wakeAt("web", now.Add(time.Second))
	if got := d.next(); !got.Equal(now.Add(time.Second)) {
		t.Errorf("wakes at %v, want the earlier one", got)
	}
	if due := due(&d, 0, now.Add(2*time.Minute)); len(due) != 1 || len(d.wakes) != 0 || len(d.earliest) != 0 || len(d.on) != 0 || len(d.queue) != 0 {
		t.Errorf("due %v; left %d wakes, %d times, %d on the agenda", due, len(d.wakes), len(d.earliest), len(d.on))
	}
}

// TestAgendaKeepsOrder: jobs are looked at in the order in which they came.
func TestAgendaKeepsOrder(t *testing.T) {
	d, now := newAgenda(), time.Unix(1_000_000, 0)
	for _, job := range []string{"c", "a", "b", "a"} {
		d.touch(job)
	}
	d.wakeAt("e", now.Add(2))
	d.wakeAt("d", now.Add(1))
	if got := due(&d, 0, now.Add(2)); !slices.Equal(got, []string{"c", "a", "b", "d", "e"}) {
		t.Errorf("looked at %v", got)
	}
	for _, job := range []string{"b", "a"} {
		d.wakeAt(job, now.Add(time.Hour))
	}
	d.touchWaiting()
	if got := due(&d, 0, now); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("of those that wait, looked at %v", got)
	}
}

// TestAgendaIsCompacted: what was taken off does not stay, though the agenda is never
// empty.
func TestAgendaIsCompacted(t *testing.T) {
	d := newAgenda()
	names := []string{"a", "b", "c"}
	d.touch("a")
	for i := range 100_000 {
		d.touch(names[(i+1)%3])
		if job, ok := d.take(0, time.Time{}); !ok || job != names[i%3] {
			t.Fatalf("took %q", job)
		}
	}
	if len(d.queue) > 2*compactAt+3 {
		t.Errorf("the queue is %d long with one job in it", len(d.queue))
	}
}

// TestAgendaForgetsNobody: whatever happens to jobs, each that was touched is looked
// at once it may be, and none before.
func TestAgendaForgetsNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, now, folded := newAgenda(), time.Unix(1_000_000, 0), uint64(0)
		jobs := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		want := map[string]bool{} // to be looked at, once it may be
		rests := map[string]rest{}
		// A job wakes at the earliest time only: it asks anew whenever it is looked at.
		wake := map[string]time.Time{}
		wakeAt := func(job string, at time.Time) {
			if known, ok := wake[job]; !ok || at.Before(known) {
				wake[job] = at
			}
		}
		look := func() {
			for job, at := range wake {
				if !at.After(now) {
					want[job] = true
					delete(wake, job)
				}
			}
			ready := map[string]bool{}
			for job := range want {
				if r := rests[job]; r.over(folded, now) {
					ready[job] = true
				} else if now.Before(r.notBefore) {
					wakeAt(job, r.notBefore)
				}
			}
			got := due(&d, folded, now)
			if len(got) != len(ready) || !maps.Equal(ready, setOf(got)) {
				t.Fatalf("looked at %v, want %v", got, ready)
			}
			for job := range ready {
				delete(want, job)
				delete(rests, job)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"touch": func(t *rapid.T) {
				job := jobs.Draw(t, "job")
				d.touch(job)
				want[job] = true
			},
			"wake": func(t *rapid.T) {
				job, at := jobs.Draw(t, "job"), now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "in")))
				d.wakeAt(job, at)
				wakeAt(job, at)
			},
			"send": func(t *rapid.T) {
				look()
				job := jobs.Draw(t, "job")
				if _, resting := rests[job]; !resting {
					d.send(job)
					rests[job] = rest{inFlight: true}
				}
			},
			"rest": func(t *rapid.T) {
				job := jobs.Draw(t, "job")
				if !rests[job].inFlight {
					return
				}
				r := rest{until: folded + uint64(rapid.IntRange(0, 3).Draw(t, "sequences"))}
				if rapid.Bool().Draw(t, "by time") {
					r = rest{notBefore: now.Add(time.Duration(rapid.IntRange(1, 3).Draw(t, "wait")))}
					wakeAt(job, r.notBefore)
				}
				d.rest(job, r.until, r.notBefore)
				rests[job], want[job] = r, true
			},
			"fold": func(*rapid.T) { folded++ },
			"pass": func(*rapid.T) { now = now.Add(1) },
			"":     func(*rapid.T) { look() },
		})
	})
}

func setOf(jobs []string) map[string]bool {
	set := map[string]bool{}
	for _, job := range jobs {
		set[job] = true
	}
	return set
}

// TestHeap takes off what was put on, the earliest first.
func TestHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOf(rapid.Uint64Range(0, 50)).Draw(t, "numbers")
		var p heap[sequence]
		for _, n := range numbers {
			p.push(sequence(n), "")
		}
		for i, n := range slices.Sorted(slices.Values(numbers)) {
			if got := p.pop().at; uint64(got) != n {
				t.Fatalf("number %d is %d, want %d", i, got, n)
			}
		}
		if len(p) != 0 {
			t.Fatalf("%d are left", len(p))
		}
	})
}
