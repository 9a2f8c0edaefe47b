package agent

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

func withUUID(state mesos.TaskState, n byte) mesos.TaskStatus {
	return mesos.TaskStatus{State: state.Enum(), UUID: bytes.Repeat([]byte{n}, 16), Data: []byte{n}}
}

// 4.1: only the head is sent, the next after its acknowledgement; others are
// ignored.
func TestUpdatesAreSentOneByOne(t *testing.T) {
	r := &record{State: mesos.TASK_STAGING}
	for i, s := range []mesos.TaskState{mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_FINISHED} {
		r.push(withUUID(s, byte(i)))
	}
	if r.State != mesos.TASK_FINISHED {
		t.Errorf("latest state %s", r.State)
	}
	for i := range byte(3) {
		if ok, _ := r.acknowledge(bytes.Repeat([]byte{i + 1}, 16)); ok {
			t.Fatalf("the acknowledgement of another was taken for that of %d", i)
		}
		u := r.head(time.Time{})
		if u.Status.Value.UUID[0] != i || u.Latest != mesos.TASK_FINISHED {
			t.Fatalf("head %d is %+v", i, u)
		}
		ok, done := r.acknowledge(u.Status.Value.UUID)
		if !ok || done != (i == 2) {
			t.Fatalf("acknowledgement of %d: %v %v", i, ok, done)
		}
	}
	if ok, _ := r.acknowledge(bytes.Repeat([]byte{2}, 16)); ok {
		t.Error("a second acknowledgement was taken")
	}
}

// 4.1: the schedule, and that nothing restarts it but an acknowledgement or a
// return.
func TestRetrySchedule(t *testing.T) {
	r := &record{}
	r.push(withUUID(mesos.TASK_RUNNING, 1))
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, want := range []float64{10, 20, 40, 80, 160, 320, 600, 600} {
		r.head(now)
		if got := r.sendAt.Sub(now).Seconds(); got != want {
			t.Errorf("retry %d after %v s, want %v", i, got, want)
		}
	}
	r.resetBackoff()
	r.head(now)
	if got := r.sendAt.Sub(now); got != 10*time.Second {
		t.Errorf("after a return: %s", got)
	}
}

// A state that comes after the end does not undo it.
func TestEndStays(t *testing.T) {
	r := &record{}
	r.push(withUUID(mesos.TASK_KILLED, 1))
	r.push(withUUID(mesos.TASK_RUNNING, 2))
	if r.State != mesos.TASK_KILLED {
		t.Errorf("state %s", r.State)
	}
}

func TestRecordsSurvive(t *testing.T) {
	dir := t.TempDir()
	s, err := openStore(&Options{WorkDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	r := &record{State: mesos.TASK_STAGING}
	r.Run.FrameworkID, r.Run.ContainerID = "f", "c"
	r.Info.Value.TaskID.Value = "t"
	r.Framework.Value = mesos.FrameworkInfo{User: "u", Name: "n"}
	r.push(withUUID(mesos.TASK_STARTING, 1))
	if err := s.save(r); err != nil {
		t.Fatal(err)
	}
	again, err := openStore(&Options{WorkDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	list, err := again.load()
	if err != nil || len(list) != 1 {
		t.Fatalf("%d records, %v", len(list), err)
	}
	got := list[0]
	if got.key() != r.key() || got.State != mesos.TASK_STARTING || len(got.Pending) != 1 || !got.Pending[0].Value.Equal(r.Pending[0].Value) {
		t.Errorf("%+v", got)
	}
	if err := again.remove(got); err != nil {
		t.Fatal(err)
	}
	if list, err = again.load(); err != nil || len(list) != 0 {
		t.Errorf("%d records after removal, %v", len(list), err)
	}
}

// 4.3, 4.4: whose grace counts.
// 1.4: what a framework says of itself anew outlives the agent, which may be killed
// before its tasks say anything more.
func TestFrameworkIsKept(t *testing.T) {
	files := disk.NewMemory()
	a := idle(t, files)
	if _, err := a.begin(&link.Registered{AgentID: "a"}, deaf{}); err != nil {
		t.Fatal(err)
	}
	framework := link.FrameworkInfo{Value: mesos.FrameworkInfo{Name: "old", ID: &mesos.FrameworkID{Value: "f"}}}
	launch := &link.Launch{Framework: framework, Task: link.TaskInfo{Value: mesos.TaskInfo{TaskID: mesos.TaskID{Value: "t"}}}}
	a.obey(t.Context(), &link.ToAgent{Launch: launch})
	framework.Value.Name = "new"
	a.obey(t.Context(), &link.ToAgent{UpdateFramework: &link.UpdateFramework{Framework: framework}})
	a.closeExecutors()
	a.mu.Lock()
	a.retries.stop()
	a.mu.Unlock()

	records, err := idle(t, files).store.load()
	if err != nil || len(records) != 1 {
		t.Fatalf("%v %v", records, err)
	}
	if name := records[0].Framework.Value.Name; name != "new" {
		t.Errorf("the framework is called %q after a restart, want new", name)
	}
}

// 4.5: what health checks and checks told last is known to the next agent process.
func TestChecksGoOn(t *testing.T) {
	r := &record{}
	if task := r.task(); task.Healthy != nil || task.Check != nil {
		t.Errorf("before any: %+v", task)
	}
	found := &mesos.CheckStatusInfo{Type: mesos.CheckInfo_TCP.Enum()}
	for i, change := range []func(*mesos.TaskStatus){
		func(*mesos.TaskStatus) {},
		func(s *mesos.TaskStatus) { s.Healthy = new(true) },
		func(s *mesos.TaskStatus) { s.Healthy, s.CheckStatus = new(false), found },
	} {
		s := withUUID(mesos.TASK_RUNNING, byte(i))
		change(&s)
		r.push(s)
	}
	for acknowledged := 0; ; acknowledged++ {
		if task := r.task(); task.Healthy == nil || *task.Healthy || task.Check != found {
			t.Errorf("after %d acknowledgements: %+v", acknowledged, task)
		}
		if len(r.Pending) == 0 {
			break
		}
		r.acknowledge(r.Pending[0].Value.UUID)
	}
}

func TestGrace(t *testing.T) {
	own := &mesos.KillPolicy{GracePeriod: &mesos.DurationInfo{Nanoseconds: int64(7 * time.Second)}}
	for _, c := range []struct {
		kind  Kind
		own   *mesos.KillPolicy
		asked time.Duration
		want  time.Duration
	}{
		{Docker, nil, -1, 5 * time.Second},
		{Docker, own, -1, 7 * time.Second},
		{Docker, own, 2 * time.Second, 2 * time.Second},
		{Process, nil, -1, 3 * time.Second},
		{Process, own, -1, 7 * time.Second},
		{Process, own, time.Second, 7 * time.Second},
		{Process, nil, time.Second, 3 * time.Second},
	} {
		r := &record{Kind: c.kind}
		r.Info.Value.KillPolicy = c.own
		if got := (graces{shutdown: 5 * time.Second}).kill(r, c.asked); got != c.want {
			t.Errorf("%s, own %v, asked %s: %s, want %s", c.kind, c.own, c.asked, got, c.want)
		}
	}
}

// A task runs since its first TASK_RUNNING, not since the latest word of its
// health; an agent that starts again still knows.
func TestStartedIsKept(t *testing.T) {
	t.Parallel()
	r := &record{}
	for i, s := range []mesos.TaskState{mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_RUNNING} {
		at := float64(100 + i)
		r.push(mesos.TaskStatus{State: s.Enum(), Timestamp: &at})
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again record
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if got, want := again.task().Started, time.Unix(101, 0); !got.Equal(want) {
		t.Errorf("started at %v, want %v", got, want)
	}
	if got := (&record{}).task().Started; !got.IsZero() {
		t.Errorf("a task that does not run started at %v", got)
	}
}
