package explore

import (
	"fmt"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/pkg/events"
)

// tape records what a trace shows.
type tape struct{ lines []string }

func (t *tape) effect(p *Process, e machine.Effect) {
	if t != nil {
		t.lines = append(t.lines, fmt.Sprintf("%s wants %s", p.name, describeEffect(e)))
	}
}

func describeEffect(e machine.Effect) string {
	switch e := e.(type) {
	case machine.Append:
		texts := make([]string, len(e.Drafts))
		for i, d := range e.Drafts {
			s, _ := events.ParseSubject(d.Subject)
			texts[i] = describeEvent(s, d.Event)
			if d.Conditional {
				texts[i] += fmt.Sprintf(" if the last is %d", d.Last)
			}
		}
		return "APPEND " + strings.Join(texts, ", ")
	case leading.Lease:
		return "the lease"
	case leading.Subscribe:
		return fmt.Sprintf("SUBSCRIBE %s", e.FrameworkID)
	case leading.Listen:
		return "to listen"
	case leading.Close:
		return "to close its subscription"
	case launching.Accept:
		ids := make([]string, len(e.Launches))
		for i := range e.Launches {
			ids[i] = e.Launches[i].TaskID
		}
		return fmt.Sprintf("ACCEPT %v for %v", e.OfferIDs, ids)
	case launching.Decline:
		return fmt.Sprintf("DECLINE %v for %v", e.OfferIDs, e.Refuse)
	case launching.Revive:
		return "REVIVE"
	case launching.Suppress:
		return "SUPPRESS"
	case launching.Reconcile:
		return "RECONCILE " + describeTasks(e.Tasks)
	case launching.Acknowledge:
		return fmt.Sprintf("ACKNOWLEDGE %s", e.UUID)
	case reaping.Kill:
		return "KILL " + e.TaskID
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", e), "launching.")
}

func describeTasks(tasks []scheduler.TaskAgent) string {
	if len(tasks) == 0 {
		return "all"
	}
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.TaskID
	}
	return fmt.Sprint(ids)
}

func describeInput(in machine.Input) string {
	switch in := in.(type) {
	case machine.Appended:
		return "APPEND " + in.Outcome.Answer.String()
	case launching.Called:
		return "a call " + done(in.Err)
	case reaping.Killed:
		return "KILL " + done(in.Err)
	case launching.Reported:
		s := in.Status
		if len(s.UUID) > 0 {
			return fmt.Sprintf("status %s", s.UUID)
		}
		return fmt.Sprintf("status %s %s (%s)", s.TaskID, s.State, s.Reason)
	case launching.Offered:
		ids := make([]string, len(in.Offers))
		for i, o := range in.Offers {
			ids[i] = o.ID
		}
		return fmt.Sprintf("offers %v", ids)
	case leading.Subscribed:
		return "SUBSCRIBED " + in.StreamID
	}
	text := fmt.Sprintf("%T", in)
	return text[strings.LastIndex(text, ".")+1:]
}

func done(err error) string {
	if err != nil {
		return "failed: " + err.Error()
	}
	return "done"
}

func describeEvent(s events.Subject, ev events.Event) string {
	name := ev.Type()
	if _, short, ok := strings.Cut(name, "."); ok {
		name = short
	}
	switch ev := ev.(type) {
	case events.TasksPlanned:
		return fmt.Sprintf("%s %s %v", name, s.Job, ev.Slots)
	case events.TasksDoomed:
		return fmt.Sprintf("%s %v (%s)", name, ev.Slots, ev.Reason)
	case events.KillIssued:
		return fmt.Sprintf("%s %v", name, ev.Slots)
	case events.TaskStaged:
		return fmt.Sprintf("%s %s on %v", name, ev.TaskID, ev.Offers)
	case events.TaskWithdrawn:
		return fmt.Sprintf("%s slot %d attempt %d", name, ev.Slot, ev.Attempt)
	case events.TaskAdopted:
		return fmt.Sprintf("%s %s", name, ev.TaskID)
	case events.TaskStatusChanged:
		return fmt.Sprintf("%s %s %s", name, ev.TaskID, ev.State)
	case events.RunDue:
		return fmt.Sprintf("%s %s %s %d %s", name, ev.Outcome, ev.At.Format(time.TimeOnly), max(ev.Count, 1), ev.Reason)
	case events.RolloutReverted:
		return fmt.Sprintf("%s to %d (%s)", name, ev.To, ev.Reason)
	case events.RolloutEnded:
		return fmt.Sprintf("%s %s (%s)", name, ev.Outcome, ev.Reason)
	case events.AgentDrained:
		return fmt.Sprintf("%s %s", name, ev.Hostname)
	case events.AgentRestored:
		return fmt.Sprintf("%s %s", name, ev.Hostname)
	case events.LauncherElected:
		return fmt.Sprintf("%s %s", name, ev.Nonce)
	case events.SubscriptionOpened:
		return fmt.Sprintf("%s %s", name, ev.StreamID)
	default:
		return fmt.Sprintf("%s %s", name, s.Job)
	}
}
