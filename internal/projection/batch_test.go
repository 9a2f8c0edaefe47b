package projection_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// beginBatch submits a batch job of three tasks that are tried once, with more in its spec.
func beginBatch(more string) life {
	l := begin("batch", 3)
	l.run = l.append(spaceOf().Job("a"), events.JobSubmitted{
		Spec: []byte(`{"id":"a","kind":"batch",` + more + `"tasks":[{"name":"g","replicas":3,"restart":{"attempts":1},"container":{"image":"i"}}]}`),
	})
	return l
}

// TestAFailureThatTheJobCanDoWithout is counted, is not waited for, and is told.
func TestAFailureThatTheJobCanDoWithout(t *testing.T) {
	t.Parallel()
	l := beginBatch(`"success":2,"time_limit":"1h",`)
	l.start(3)
	l.report(0, "TASK_FAILED")
	l.report(1, "TASK_FINISHED")
	m := replayed(t, l.log)
	v, ok := m.Job("a")
	want := projection.Counts{Wanted: 3, Running: 1, Finished: 1, Failed: 1}
	if !ok || v.Tasks != want || v.State != projection.StateRunning || !v.Deadline.Equal(v.SubmittedAt.Add(time.Hour)) {
		t.Errorf("%+v, deadline %s", v, v.Deadline)
	}
	why, _ := m.Explain("a", nil, projection.Parts{}, time.Unix(1000, 0))
	const told = "1 task of group g failed for good; 2 of 3 have to end well, 1 did so far"
	if why.Summary != told || len(why.Reasons) != 1 || why.Reasons[0].Code != projection.CodeFailed {
		t.Errorf("%+v", why)
	}
}

// TestAJobThatIsKeptForATime says until when, and is gone then.
func TestAJobThatIsKeptForATime(t *testing.T) {
	t.Parallel()
	l := beginBatch(`"keep_for":"1h",`)
	l.start(3)
	for n := range uint32(3) {
		l.report(n, "TASK_FINISHED")
	}
	l.append(spaceOf().Plan("a"), events.JobCompleted{Run: l.run})
	m := replayed(t, l.log)
	v, _ := m.Job("a")
	if v.ExpiresAt.IsZero() || v.ExpiresAt.Sub(v.Outcome.At) < time.Hour {
		t.Errorf("it ended at %s and is kept until %s", v.Outcome.At, v.ExpiresAt)
	}
	why, _ := m.Explain("a", nil, projection.Parts{}, time.Unix(1000, 0))
	if !strings.Contains(why.Summary, "the job is completed; it stays in the lists until "+v.ExpiresAt.UTC().Format(time.RFC3339)) {
		t.Errorf("summary %q", why.Summary)
	}
	l.append(spaceOf().Plan("a"), events.JobExpired{Run: l.run, KeptMillis: 3600_000})
	m = replayed(t, l.log)
	if _, ok := m.Job("a"); ok || len(m.List(projection.Query{}).Jobs) != 0 {
		t.Error("it is still there")
	}
}
