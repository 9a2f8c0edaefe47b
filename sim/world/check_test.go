package world_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/world"
)

// rogue builds machines that do what they must not, once, on their first Tick, in
// place of the production machine of a role.
type rogue struct {
	role    string
	effects []machine.Effect
}

func (b rogue) Build(w *world.World, p *world.Process, nonce string) machine.Machine {
	if p.Role == b.role && p.Name == "rogue" {
		return &rogueMachine{b.effects}
	}
	return world.Production{}.Build(w, p, nonce)
}

type rogueMachine struct{ effects []machine.Effect }

func (m *rogueMachine) Step(_ machine.Moment, in machine.Input) []machine.Effect {
	if _, tick := in.(machine.Tick); !tick {
		return nil
	}
	effects := m.effects
	m.effects = nil
	return effects
}

func (*rogueMachine) Wake() time.Time { return time.Time{} }

// TestViolations: what must not be done is noticed.
func TestViolations(t *testing.T) {
	space := events.NewSpace(0)
	plan, task := space.Plan("web"), space.Task("web", 0)
	env := events.Envelope{ID: "x", Time: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	status, withdrawn := events.TaskStatusChanged{TaskID: "t"}, events.TaskWithdrawn{}
	appends := func(drafts ...machine.Draft) machine.Append { return machine.Append{Ticket: 1, Drafts: drafts} }
	launch := scheduler.Launch{TaskID: "t", Job: "web", Group: &job.Group{Name: "web"}}
	running := "web-web-1-0-1" // The task of the job that runs.
	for name, tc := range map[string]struct {
		role    string
		effects []machine.Effect
		want    string
	}{
		"another's subject":      {"launcher", []machine.Effect{appends(machine.Decision(plan, 0, env, withdrawn))}, "writes to"},
		"no condition":           {"launcher", []machine.Effect{appends(machine.Fact(task, env, withdrawn))}, "without a condition"},
		"a fact on a condition":  {"launcher", []machine.Effect{appends(machine.Decision(task, 0, env, status))}, "on a condition"},
		"facts among decisions":  {"launcher", []machine.Effect{appends(machine.Decision(task, 0, env, withdrawn), machine.Fact(space.Task("web", 1), env, status))}, "in one batch"},
		"two at once":            {"planner", []machine.Effect{appends(machine.Decision(plan, 0, env, events.JobCompleted{})), appends(machine.Decision(plan, 0, env, events.JobCompleted{}))}, "two decisions"},
		"what no log takes":      {"launcher", []machine.Effect{appends()}, "no log takes"},
		"planned too early":      {"planner", []machine.Effect{appends(machine.Decision(plan, 0, env, events.TasksPlanned{Run: 1, Slots: []events.SlotRange{{Attempt: 2}}}))}, "again while"},
		"launched, not staged":   {"launcher", []machine.Effect{launching.Accept{Accept: scheduler.Accept{Launches: []scheduler.Launch{launch}}}}, "no staging"},
		"acknowledged, unfolded": {"launcher", []machine.Effect{launching.Acknowledge{TaskID: running, UUID: []byte("0123456789abcdef")}}, "has not folded"},
		"called, unsubscribed":   {"launcher", []machine.Effect{launching.Revive{}}, "without a subscription"},
		"listening to nothing":   {"launcher", []machine.Effect{leading.Listen{Session: 7}}, "does not have"},
		"killed, not doomed":     {"reaper", []machine.Effect{reaping.Kill{TaskID: running}}, "kills " + running},
		"registered twice":       {"launcher", []machine.Effect{leading.Subscribe{Session: 1}}, "registers anew"},
	} {
		t.Run(name, func(t *testing.T) {
			w := rig(2, "planner", "launcher", "reaper")
			must(t, w.Submit(world.Service("web", 1)))
			w.Pass(10 * time.Second)
			if all := append(w.Violations, w.Disagreements()...); len(all) > 0 {
				t.Fatal(all)
			}
			w.Options.Builder = rogue{tc.role, tc.effects}
			start(w, tc.role, "rogue")
			w.Pass(0)
			if got := strings.Join(w.Violations, "\n"); !strings.Contains(got, tc.want) {
				t.Errorf("noticed %q, want %q", got, tc.want)
			}
		})
	}
}

// TestAnswerBeforeTheFold is noticed.
func TestAnswerBeforeTheFold(t *testing.T) {
	w := world.New(world.Options{Agents: 1, Builder: rogue{"commander", []machine.Effect{commanding.Answer{Ticket: 1, Sequence: 9}}}})
	i := start(w, "commander", "rogue")
	w.Ask(i, "web", nil)
	w.Pass(0)
	if len(w.Violations) == 0 {
		t.Error("nothing was noticed")
	}
}
