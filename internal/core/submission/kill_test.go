package submission_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// crowd is a service of two groups of three: slots 0 to 2 are of web, 3 to 5 of db. Slot
// 1 has another task beside its own, 2 waits for a place, 4 is told to end, and another is
// to follow.
func crowd() *cluster.Job {
	return given(func(j *cluster.Job) {
		j.Spec = spec("web", "db")
		for i := range j.Spec.Tasks {
			j.Spec.Tasks[i].Replicas = 3
		}
		for n := range uint32(6) {
			group := j.Spec.Tasks[n/3].Name
			task := &cluster.Task{Job: j.ID, Run: run, Group: group, Slot: n, Attempt: 1, State: cluster.Running}
			j.Slots[n] = &cluster.Slot{Number: n, Tasks: []*cluster.Task{task}}
		}
		beside := *j.Slots[1].Tasks[0]
		beside.Attempt, beside.State = 2, cluster.Waiting
		j.Slots[1].Tasks = append(j.Slots[1].Tasks, &beside)
		j.Slots[2].Tasks[0].State = cluster.Waiting
		j.Slots[4].Tasks[0].Doom = &cluster.Doom{Keep: true}
		gone := *j.Slots[0].Tasks[0]
		gone.Slot, gone.Doom = 6, &cluster.Doom{}
		j.Slots[6] = &cluster.Slot{Number: 6, Tasks: []*cluster.Task{&gone}}
		ended := *j.Slots[0].Tasks[0]
		ended.Slot, ended.State = 7, cluster.Finished
		j.Slots[7] = &cluster.Slot{Number: 7, Tasks: []*cluster.Task{&ended}}
		older := *j.Slots[0].Tasks[0]
		older.Slot, older.Run = 8, run-1
		j.Slots[8] = &cluster.Slot{Number: 8, Tasks: []*cluster.Task{&older}}
	})
}

func TestScaleDownNamesWhatIsInTheSlots(t *testing.T) {
	t.Parallel()
	j := crowd()
	ev, err := submission.Decide(j, submission.Kill{
		Slots: []uint32{2, 1, 2}, ScaleDown: true, Reason: "bad disk", Key: "k", Limits: job.DefaultLimits(),
	})
	want := events.KillRequested{
		Run: run, Group: "web", Version: 4, Replicas: 1, Reason: "bad disk", IdempotencyKey: "k",
		Slots: []events.SlotRange{{From: 1, To: 2, Attempt: 1}, {From: 1, To: 1, Attempt: 2}},
	}
	if err != nil || !reflect.DeepEqual(ev, want) {
		t.Fatalf("got  %+v, %v\nwant %+v", ev, err, want)
	}
	if why := cluster.Misfit(events.NewSpace(0), events.NewSpace(0).Job("web"), ev, time.Unix(1, 0)); why != "" {
		t.Errorf("the fold rejects it: %s", why)
	}
	if j.Spec.Tasks[0].Replicas != 3 {
		t.Error("the decision changed the state")
	}
	if ev, err = submission.Decide(j, submission.Kill{Slots: []uint32{3, 4, 5}, ScaleDown: true, Limits: job.DefaultLimits()}); err != nil || ev.(events.KillRequested).Replicas != 0 {
		t.Errorf("all of db: %+v, %v", ev, err)
	}
}

func TestScaleDownRefusals(t *testing.T) {
	t.Parallel()
	slots := func(n ...uint32) submission.Kill {
		return submission.Kill{Slots: n, ScaleDown: true, Limits: job.DefaultLimits()}
	}
	for name, c := range map[string]struct {
		command submission.Kill
		change  func(*cluster.Job)
		want    any // an error, or the path and the message of a fault
	}{
		"slots of two groups":    {slots(2, 3), nil, `slots: names slots of the groups "web" and "db"; with scale_down name those of one group at a time`},
		"a slot of another":      {submission.Kill{Group: "web", Slots: []uint32{3}, ScaleDown: true}, nil, `slots: slot 3 is of group "db", and not of "web"`},
		"a slot that is not":     {slots(9), nil, "slots: slot 9 has no task that could go; see `taurus ps`"},
		"a slot that goes":       {slots(6), nil, "slots: slot 6 has no task that could go; see `taurus ps`"},
		"a slot that is over":    {slots(7), nil, "slots: slot 7 has no task that could go; see `taurus ps`"},
		"a slot of another run":  {slots(8), nil, "slots: slot 8 has no task that could go; see `taurus ps`"},
		"no slots":               {slots(), nil, "slots: is missing; name the slots that are to go with scale_down, or scale the group to 0"},
		"too many slots":         {slots(make([]uint32, submission.SlotsMax+1)...), nil, "slots: names 1001; name at most 1000, or a group"},
		"more than are wanted":   {slots(0, 1), func(j *cluster.Job) { j.Spec.Tasks[0].Replicas = 1 }, `slots: names 2 of group "web", and it has 1 replicas; name as many at most`},
		"a batch":                {slots(0), func(j *cluster.Job) { j.Spec.Kind = job.KindBatch }, "scale_down: is for services, and the job is a batch"},
		"a group that is gone":   {slots(3), func(j *cluster.Job) { j.Spec.Tasks = j.Spec.Tasks[:1] }, `slots: the job has no group "db" any more`},
		"a canary beyond":        {slots(0, 1, 2), func(j *cluster.Job) { j.Spec.Rollout = &job.Rollout{Canary: 5} }, "rollout.canary: is 5, and the job has 3 replicas; make it fewer"},
		"a series":               {slots(0), func(j *cluster.Job) { j.Spec.Kind = job.KindPeriodic }, submission.ErrSeries},
		"a group that never was": {submission.Kill{Group: "x", Slots: []uint32{0}, ScaleDown: true}, nil, submission.ErrNoGroup},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := crowd()
			if c.change != nil {
				c.change(j)
			}
			ev, err := submission.Decide(j, c.command)
			switch want := c.want.(type) {
			case error:
				if !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			case string:
				var faults job.Faults
				if !errors.As(err, &faults) || !strings.HasPrefix(faults[0].Path+": "+faults[0].Message, want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
			if ev != nil {
				t.Errorf("got %+v", ev)
			}
		})
	}
}

// TestRequestsOfTheSameKey: the same again is nothing, whatever became of the job; what
// is not the same is refused.
func TestRequestsOfTheSameKey(t *testing.T) {
	t.Parallel()
	two := []events.SlotRange{{From: 1, To: 2, Attempt: 7}}
	requests := []cluster.Request{
		{Key: "kill", Kind: cluster.RequestKill, Slots: two},
		{Key: "group", Kind: cluster.RequestKill, Group: "web"},
		{Key: "down", Kind: cluster.RequestScaleDown, Group: "web", Slots: two},
		{Key: "restart", Kind: cluster.RequestRestart},
	}
	slots := []uint32{2, 1, 2}
	for name, c := range map[string]struct {
		command submission.Command
		same    bool
	}{
		"kill":                      {submission.Kill{Key: "kill", Slots: slots}, true},
		"kill by an old version":    {submission.Kill{Key: "kill", Slots: slots, Seen: []submission.Version{}}, true},
		"kill others":               {submission.Kill{Key: "kill", Slots: []uint32{1}}, false},
		"kill all":                  {submission.Kill{Key: "kill"}, false},
		"kill of a group":           {submission.Kill{Key: "kill", Slots: slots, Group: "web"}, false},
		"kill for good":             {submission.Kill{Key: "kill", Slots: slots, ScaleDown: true}, false},
		"kill a group":              {submission.Kill{Key: "group", Group: "web"}, true},
		"kill another group":        {submission.Kill{Key: "group", Group: "db"}, false},
		"kill all, and not a group": {submission.Kill{Key: "group"}, false},
		"scale down":                {submission.Kill{Key: "down", Slots: slots, ScaleDown: true}, true},
		"scale down, by its group":  {submission.Kill{Key: "down", Slots: slots, Group: "web", ScaleDown: true}, true},
		"scale down of another":     {submission.Kill{Key: "down", Slots: slots, Group: "db", ScaleDown: true}, false},
		"scale others down":         {submission.Kill{Key: "down", Slots: []uint32{0}, ScaleDown: true}, false},
		"restart":                   {submission.Restart{Key: "restart"}, true},
		"restart of a group":        {submission.Restart{Key: "restart", Group: "web"}, false},
		"kill by that of a restart": {submission.Kill{Key: "restart"}, false},
		"restart by that of a kill": {submission.Restart{Key: "kill", Slots: slots}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, change := range []func(*cluster.Job){
				func(*cluster.Job) {}, func(j *cluster.Job) { j.Stopped = true }, func(j *cluster.Job) { j.Outcome = cluster.OutcomeFailed },
			} {
				j := crowd()
				j.Requests = requests
				change(j)
				ev, err := submission.Decide(j, c.command)
				if ev != nil || c.same != (err == nil) || !c.same && !errors.Is(err, submission.ErrKeyUsed) {
					t.Errorf("got %+v, %v", ev, err)
				}
			}
			j := crowd()
			j.Requests, j.Deleted = requests, true
			if _, err := submission.Decide(j, c.command); !errors.Is(err, submission.ErrNotFound) {
				t.Errorf("of a job that was deleted: %v", err)
			}
		})
	}
}
