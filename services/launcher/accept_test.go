package launcher_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestUnlaunchable: a task that cannot be put in Mesos' terms ends with an error
// that users see, and those beside it are launched.
func TestUnlaunchable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(3)
		sub.unfit = map[string]error{
			r.taskID(0): fmt.Errorf("%w: no such check", mesos.ErrLaunchInvalid),
			r.taskID(2): fmt.Errorf("%w: cpus short by 1", mesos.ErrInsufficient),
		}
		sub.events <- offered("O1", 6)
		time.Sleep(time.Second)
		want(t, "launch", sub.called("ACCEPT"), "ACCEPT O1: web.1.1")
		if task := r.task(0); task.State != cluster.Error || task.End().Blameless() || task.Status.Message != "mesos: launch invalid: no such check" {
			t.Errorf("invalid: %s, blameless %t, %q", task.State, task.End().Blameless(), task.Status.Message)
		}
		if task := r.task(2); task.State != cluster.Error || !task.End().Blameless() {
			t.Errorf("what the offers do not hold: %s, blameless %t", task.State, task.End().Blameless())
		}
		time.Sleep(time.Minute) // Nothing of it is resolved or acknowledged.
		if n := len(records[events.TaskStatusChanged](t, r.log)); n != 2 || len(sub.called("ACKNOWLEDGE")) != 0 {
			t.Errorf("%d statuses, %d acknowledged", n, len(sub.called("ACKNOWLEDGE")))
		}
	})
}

// TestNothingLaunchable: the offer of an ACCEPT of which nothing is left goes back
// at once.
func TestNothingLaunchable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(1)
		sub.unfit = map[string]error{r.taskID(0): mesos.ErrLaunchInvalid}
		sub.events <- offered("O1", 4)
		time.Sleep(time.Second)
		want(t, "launch", sub.called("ACCEPT"))
		want(t, "offers", sub.called("DECLINE"), "DECLINE O1 for 0s")
	})
}

// TestFailedAccept: that the call failed may mean that it arrived all the same. So
// the task is resolved, and only then is it told why.
func TestFailedAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(1)
		sub.broken = &mesos.CallError{Call: "ACCEPT", Status: 400, Body: "no such image"}
		sub.events <- offered("O1", 4)
		time.Sleep(9 * time.Second)
		if task := r.task(0); task.State != cluster.Staged {
			t.Fatalf("the task is %s, want STAGING until Mesos says that there is none", task.State)
		}
		time.Sleep(3 * time.Second)
		want(t, "offers", sub.called("DECLINE"), "DECLINE O1 for 0s")
		sub.events <- mesos.Update{Status: mesos.Status{
			TaskID: r.taskID(0), AgentID: "S", State: "TASK_GONE", Reason: "REASON_RECONCILIATION", Source: "SOURCE_MASTER", Message: "gone",
		}}
		time.Sleep(time.Second)
		task := r.task(0)
		if task.State != cluster.Withdrawn || !strings.HasPrefix(task.Status.Message, "launch came to nothing: gone; ") ||
			!strings.Contains(task.Status.Message, "no such image") {
			t.Errorf("%s: %q", task.State, task.Status.Message)
		}
	})
}

// TestUnlaunchableAgainAndAgain: that the offers do not hold what a task wants is nobody's
// fault once. What happens each time is in the task, and uses up its attempts.
func TestUnlaunchableAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sub := r.begin(1)
		sub.unfit = map[string]error{}
		for attempt, blameless := range []bool{true, false, false} {
			if attempt > 0 {
				r.put(r.space.Plan("web"), events.TasksPlanned{
					Run: r.run, Version: 1, Group: "g", Slots: []events.SlotRange{{Attempt: uint32(attempt) + 1}},
				})
			}
			sub.unfit[fmt.Sprintf("web-%d-0-%d", r.run, attempt+1)] = fmt.Errorf("%w: port 31500", mesos.ErrInsufficient)
			time.Sleep(time.Second) // The plan is folded before the offer comes.
			sub.events <- offered(fmt.Sprint("O", attempt), 6)
			time.Sleep(2 * time.Second)
			if task := r.task(0); task.Attempt != uint32(attempt)+1 || task.State != cluster.Error || task.End().Blameless() != blameless {
				t.Errorf("attempt %d: %s, blameless %t, want %t", task.Attempt, task.State, task.End().Blameless(), blameless)
			}
		}
	})
}
