package reaper_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/services/reaper"
)

// TestReadyMeansAbleToKill: while Mesos takes no kill, by whatever it is, the reaper is
// not ready, so that who waits for a stop is told why; once it takes one it is.
func TestReadyMeansAbleToKill(t *testing.T) {
	for name, c := range map[string]struct {
		fail, mend func(*rig)
		says       string
		after      time.Duration // the first failure
	}{
		"refused": {
			func(r *rig) { r.announce("stale") }, func(r *rig) { r.open("s2") }, "Mesos did not take the last kill, 1s ago: ", 0,
		},
		"silent": {
			func(r *rig) { r.hanging(true) }, func(r *rig) { r.hanging(false) }, "deadline exceeded", grace + reaping.Margin,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.open("s1")
				w := r.watch()
				want := func(level ready.Level, says string) {
					t.Helper()
					synctest.Wait()
					checks := w.Checks()
					if got := checks[1]; len(checks) != 2 || checks[0].Level != ready.OK || got.Level != level || !strings.Contains(got.Detail, says) || got.Restart {
						t.Errorf("%+v, want %s: %s", checks, level, says)
					}
				}
				run := r.run(2)
				want(ready.OK, "nothing was killed yet")
				c.fail(r)
				r.doom(run, 0, 0)
				time.Sleep(c.after + time.Second)
				want(ready.Fail, c.says)
				c.mend(r)
				time.Sleep(grace + reaping.Margin)
				want(ready.OK, "Mesos took a kill ")
				c.fail(r)
				r.doom(run, 1, 1)
				time.Sleep(c.after + time.Second)
				want(ready.Fail, "")
				r.report(run, 0, "TASK_KILLED")
				r.report(run, 1, "TASK_KILLED") // By itself: there is nothing to try again.
				time.Sleep(reaper.FailureMemory + grace + reaping.Margin)
				want(ready.OK, "")
			})
		})
	}
}

func (r *rig) hanging(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hang = yes
}
