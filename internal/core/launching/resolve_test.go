package launching_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/job"
)

// TestResolve [V2]: when a staged task is asked about.
func TestResolve(t *testing.T) {
	sent := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return sent.Add(d) }
	staged := cluster.Task{State: cluster.Staged}
	doomed := cluster.Task{State: cluster.Staged, Doom: &cluster.Doom{}}
	for _, c := range []struct {
		name string
		task cluster.Task
		sent launching.Sent
		now  time.Time
		due  bool
		wake time.Time
	}{
		{"just launched", staged, launching.Sent{At: sent}, sent, false, after(launching.StagedMax)},
		{"almost overdue", staged, launching.Sent{At: sent}, after(launching.StagedMax - 1), false, after(launching.StagedMax)},
		{"overdue", staged, launching.Sent{At: sent}, after(launching.StagedMax), true, after(launching.StagedMax)},
		{"of another launcher", staged, launching.Sent{}, sent, true, time.Time{}},
		{"doomed, just launched", doomed, launching.Sent{At: sent}, sent, true, time.Time{}},
		{"asked once", staged, launching.Sent{At: sent, Asked: sent, Tries: 1}, after(5*time.Second - 1), false, after(5 * time.Second)},
		{"asked once, long ago", staged, launching.Sent{At: sent, Asked: sent, Tries: 1}, after(5 * time.Second), true, after(5 * time.Second)},
		{"doomed, asked once", doomed, launching.Sent{Asked: sent, Tries: 1}, after(time.Second), false, after(5 * time.Second)},
		{"asked twice", staged, launching.Sent{Asked: sent, Tries: 2}, sent, false, after(10 * time.Second)},
		{"asked thrice", staged, launching.Sent{Asked: sent, Tries: 3}, sent, false, after(20 * time.Second)},
		{"asked four times", staged, launching.Sent{Asked: sent, Tries: 4}, sent, false, after(40 * time.Second)},
		{"asked five times", staged, launching.Sent{Asked: sent, Tries: 5}, sent, false, after(time.Minute)},
		{"asked without end", staged, launching.Sent{Asked: sent, Tries: 1 << 20}, sent, false, after(time.Minute)},
		{"confirmed", cluster.Task{State: cluster.Staged, Confirmed: true}, launching.Sent{}, sent, false, time.Time{}},
		{"waiting", cluster.Task{State: cluster.Waiting}, launching.Sent{}, sent, false, time.Time{}},
		{"running", cluster.Task{State: cluster.Running}, launching.Sent{}, sent, false, time.Time{}},
		{"withdrawn", cluster.Task{State: cluster.Withdrawn}, launching.Sent{}, sent, false, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			due, wake := launching.Resolve(&c.task, c.sent, c.now)
			if due != c.due || !wake.Equal(c.wake) {
				t.Errorf("%t, wake %s; want %t, %s", due, wake, c.due, c.wake)
			}
		})
	}
}

// TestTaskID: within Mesos' limit, harmless in paths and URLs, and another one
// for every attempt, whatever the job is called.
func TestTaskID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		task := func(label string) (*cluster.Task, *job.Group) {
			name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-c/.0-9-]{0,6}`), rapid.StringN(0, -1, 300))
			n := rapid.OneOf(rapid.Uint32Range(0, 12), rapid.Uint32())
			return &cluster.Task{
				Job: name.Draw(t, label+" job"), Run: uint64(n.Draw(t, label+" run")) << rapid.IntRange(0, 32).Draw(t, "shift"),
				Slot: n.Draw(t, label+" slot"), Attempt: n.Draw(t, label+" attempt"),
			}, &job.Group{Role: name.Draw(t, label+" role"), Environment: name.Draw(t, label+" environment")}
		}
		a, groupA := task("a")
		b, groupB := task("b")
		idA, idB := launching.TaskID(a, groupA), launching.TaskID(b, groupB)
		same := a.Run == b.Run && a.Slot == b.Slot && a.Attempt == b.Attempt
		if idA == idB && !same {
			t.Fatalf("%v and %v are both called %s", a.Key(), b.Key(), idA)
		}
		if idA != launching.TaskID(a, groupA) {
			t.Fatal("the id is not derived")
		}
		if len(idA) > 255 {
			t.Fatalf("%d bytes", len(idA))
		}
		for i := range len(idA) {
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", rune(idA[i])) {
				t.Fatalf("%q in %s", idA[i], idA)
			}
		}
	})
}

// TestLongTaskIDs are cut at what people read, never at what makes them unique.
func TestLongTaskIDs(t *testing.T) {
	task := &cluster.Task{Job: strings.Repeat("x", 300), Run: 17, Slot: 2, Attempt: 3}
	if got := launching.TaskID(task, &job.Group{}); len(got) != 255 || !strings.HasSuffix(got, "x-17-2-3") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func TestTaskIDReads(t *testing.T) {
	task := &cluster.Task{Job: "shop/web", Run: 17, Slot: 2, Attempt: 3}
	for _, c := range []struct {
		role, environment, want string
	}{
		{"", "", "shop_web-17-2-3"},
		{"front", "", "shop_web-front-17-2-3"},
		{"front", "prod eu", "shop_web-front-prod_eu-17-2-3"},
	} {
		if got := launching.TaskID(task, &job.Group{Role: c.role, Environment: c.environment}); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
