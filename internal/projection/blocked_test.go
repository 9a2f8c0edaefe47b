package projection_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestABlockedKillIsTold once it was asked for often enough, of tasks whose agent is
// there, until they end.
func TestABlockedKillIsTold(t *testing.T) {
	t.Parallel()
	l := begin("service", 4)
	l.start(4)
	l.doom(0, 3)
	blocked := func() (projection.Reason, uint32) {
		m := replayed(t, l.log)
		tasks, _, _ := m.Tasks("a", 0, 0, m.Time())
		told := uint32(0)
		for _, task := range tasks {
			if task.Doom != nil && task.Doom.Blocked {
				told++
			}
		}
		if all := m.Cluster(nil).Blocked; all != told {
			t.Errorf("%d of all, %d of the tasks", all, told)
		}
		why, _ := m.Explain("a", nil, projection.Parts{}, m.Time().Add(5*time.Minute))
		for _, r := range why.Reasons {
			if r.Code == projection.CodeBlocked {
				return r, told
			}
		}
		return projection.Reason{}, told
	}
	for n := range reaping.BlockedKills {
		if r, told := blocked(); r.Tasks != 0 || told != 0 {
			t.Errorf("%d kills: %+v, %d tasks", n, r, told)
		}
		l.append(spaceOf().Kill("a"), events.KillIssued{Run: l.run, Slots: []events.SlotRange{{From: 0, To: 3, Attempt: 1}}})
	}
	r, told := blocked()
	if r.Tasks != 4 || told != 4 || !strings.HasPrefix(r.Message, "slots 0-3: should end") ||
		!strings.Contains(r.Message, "killing for 5m0s, asked 3 times, the agent has not said that they have ended") {
		t.Errorf("%+v, %d tasks", r, told)
	}
	l.said(1, 1, events.TaskStatusChanged{State: "TASK_UNREACHABLE", UUID: []byte{}})
	l.report(2, "TASK_KILLED")
	l.append(spaceOf().Kill("a"), events.KillIssued{Run: l.run, Slots: []events.SlotRange{{From: 3, To: 3, Attempt: 1}}})
	if r, told := blocked(); r.Tasks != 2 || told != 2 || !strings.Contains(r.Message, "asked 4 times") {
		t.Errorf("%+v, %d tasks", r, told)
	}
}
