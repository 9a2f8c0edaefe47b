package planning_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/pkg/events"
)

// before is what ran when the programs of before there were rollouts wrote the log,
// as they showed it.
const before = `
broken run 14 version 1 failed: 0 live
flaky run 18 version 1: 2 live
  g/0 attempt 6 PENDING
  g/1 attempt 6 PENDING
long run 22 version 1: 2 live
  g/0 attempt 1 RUNNING
  g/1 attempt 1 RUNNING
nightly run 116 version 1 completed: 0 live
shop/web run 5 version 3: 6 live
  side/3 attempt 1 RUNNING
  web/0 attempt 1 RUNNING
  web/1 attempt 1 RUNNING
  web/2 attempt 1 RUNNING
  web/5 attempt 1 RUNNING
  web/6 attempt 1 RUNNING
stopped run 25 version 1 stopped: 0 live
`

// TestALogOfBeforeRolloutsGoesOn: a log that was written by the programs of before there
// were versions of a job is folded to the state that they were in, and nothing of it
// is replaced or ended. They ran a service of two groups, which was scaled up and down,
// one that fails again and again, one that was stopped, and batch jobs that completed,
// were submitted again, failed and go on.
func TestALogOfBeforeRolloutsGoesOn(t *testing.T) {
	state := folded(t, "testdata/before-rollouts.ndjson")
	if state.Skipped != 0 || state.Rejections.Count != 0 {
		t.Errorf("%d records are skipped, %d rejected: %v", state.Skipped, state.Rejections.Count, state.Rejections.Newest)
	}
	if got := "\n" + summary(state); got != before {
		t.Errorf("it is folded to%s\nwant%s", got, before)
	}
	for _, id := range slices.Sorted(maps.Keys(state.Jobs)) {
		j := state.Jobs[id]
		if j.Rollout != (cluster.Rollout{}) || j.Target != j.Version || j.Stood != j.Version || j.SpecOf(j.Version) != j.Spec {
			t.Errorf("%s: rollout %+v, version %d, target %d, stood %d", id, j.Rollout, j.Version, j.Target, j.Stood)
		}
		for _, slot := range j.Slots {
			for _, task := range slot.Tasks {
				if j.Outdated(task) || task.Live() && (j.GroupOf(task) == nil || task.State == cluster.Running && task.UpSince != task.RunningAt) {
					t.Errorf("%v is outdated, of no group, or up since %s, running since %s", task.Key(), task.UpSince, task.RunningAt)
				}
			}
		}
		for _, later := range []time.Duration{0, time.Minute, 24 * time.Hour} {
			switch ev := planning.Decide(j, state.Time.Add(later)).Event.(type) {
			case nil, events.TasksPlanned, events.JobExpired:
			default:
				t.Errorf("%s: %T, %s after the log: %+v", id, ev, later, ev)
			}
		}
	}
}

// folded folds an export of a log.
func folded(t *testing.T, path string) *cluster.State {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := exportfile.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	state, space := cluster.New(), events.NewSpace(reader.Header().Partitions)
	for item, err := range reader.Items() {
		if err != nil {
			t.Fatal(err)
		}
		r, err := cluster.Decode(space, item.Record.Sequence, item.Record.Time, item.Record.Message)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := state.Apply(r); err != nil {
			t.Fatal(err)
		}
	}
	return state
}

// summary tells what of each job lives.
func summary(state *cluster.State) string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(state.Jobs)) {
		j := state.Jobs[id]
		end := ""
		switch {
		case j.Outcome != cluster.OutcomeNone:
			end = " " + string(j.Outcome)
		case j.Stopped:
			end = " stopped"
		}
		fmt.Fprintf(&b, "%s run %d version %d%s: %d live\n", id, j.Run, j.Version, end, j.Live())
		var tasks []string
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				if t.Live() {
					tasks = append(tasks, fmt.Sprintf("  %s/%d attempt %d %s\n", t.Group, t.Slot, t.Attempt, t.State))
				}
			}
		}
		slices.Sort(tasks)
		b.WriteString(strings.Join(tasks, ""))
	}
	return b.String()
}
