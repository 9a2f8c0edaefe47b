package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// TestSeveralOfEach: three planners, two launchers, two reapers and two apis do
// what one of each does, and whichever launcher leads may die.
func TestSeveralOfEach(t *testing.T) {
	m := newMachine(t, "--planners", "3", "--launchers", "2", "--reapers", "2", "--apis", "2")
	m.submit("many", 4)
	tasks, containers := m.running("many", 4), m.containers("many")
	for i, task := range tasks {
		if task.Slot != i || task.Attempt != 1 {
			t.Fatalf("task %d is slot %d, attempt %d", i, task.Slot, task.Attempt)
		}
	}
	for range 2 {
		// Either the leader or the standby dies; in both cases all goes on.
		pid := m.kill("launcher")
		m.replaced("launcher", pid)
		m.submit(fmt.Sprintf("after-%d", pid), 1)
		m.running(fmt.Sprintf("after-%d", pid), 1)
	}
	if after := m.running("many", 4); !slices.Equal(after, tasks) {
		t.Fatalf("the tasks are %+v, were %+v", after, tasks)
	}
	if after := m.containers("many"); !slices.Equal(after, containers) {
		t.Fatalf("the containers are %v, were %v", after, containers)
	}
	e, err := m.endpoints()
	if err != nil || len(e.API) != 2 {
		t.Fatalf("%d apis, want 2: %v", len(e.API), err)
	}
	m.stopJob("many")
	m.gone("many")
}

// TestReplayIsWhatPsShowed: what `taurus ps` shows at a moment, `taurus replay`
// shows of that moment later: before, while and after the job ran.
func TestReplayIsWhatPsShowed(t *testing.T) {
	m := newMachine(t)
	type moment struct {
		sequence uint64
		tasks    []task
	}
	var moments []moment
	look := func() {
		// ps and the sequence belong together if nothing happened in between.
		m.eventually("a quiet moment", func() error {
			before, err := m.sequence()
			if err != nil {
				return err
			}
			var tasks []task
			m.taurus(&tasks, "ps", "--all")
			after, err := m.sequence()
			if err != nil {
				return err
			}
			if before != after {
				return fmt.Errorf("the log went from %d to %d", before, after)
			}
			moments = append(moments, moment{before, tasks})
			return nil
		})
	}
	m.submit("first", 1)
	m.running("first", 1)
	look()
	m.submit("story", 3)
	m.running("story", 3)
	look()
	m.stopJob("story")
	m.gone("story")
	look()
	for _, then := range moments {
		var replayed struct {
			Tasks []task `json:"tasks"`
		}
		m.taurus(&replayed, "replay", "--at", fmt.Sprint(then.sequence))
		if !slices.Equal(replayed.Tasks, then.tasks) {
			t.Errorf("as of %d, replay says %+v, ps said %+v", then.sequence, replayed.Tasks, then.tasks)
		}
	}
	m.stopJob("first")
	m.gone("first")
}

func (m *machine) sequence() (uint64, error) {
	var cluster struct {
		Sequence uint64 `json:"sequence"`
	}
	_, err := m.call(http.MethodGet, "/v2/cluster", "", &cluster)
	return cluster.Sequence, err
}
