package story

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// ofPlan tells what the planner decided and the reaper does about it.
func ofPlan(ev events.Event) string {
	switch ev := ev.(type) {
	case events.TasksPlanned:
		text := fmt.Sprintf("%s of group %s planned", slots(ev.Slots), ev.Group)
		if !ev.NotBefore.IsZero() {
			text += ", not before " + ev.NotBefore.UTC().Format(time.TimeOnly)
		}
		return text + because(ev.Reason)
	case events.TasksDoomed:
		return slots(ev.Slots) + " should end" + because(ev.Reason)
	case events.RolloutEnded:
		return fmt.Sprintf("rollout of version %d %s", ev.Version, ev.Outcome) + because(ev.Reason)
	case events.RolloutReverted:
		return fmt.Sprintf("rollout of version %d failed, going back to version %d", ev.Version, ev.To) + because(ev.Reason)
	case events.RunDue:
		return due(ev) + because(ev.Reason)
	case events.KillIssued:
		return slots(ev.Slots) + " being killed"
	case events.JobCompleted:
		return "completed: its tasks ended well"
	case events.JobExpired:
		return "left out of the lists, after " + (time.Duration(ev.KeptMillis) * time.Millisecond).String() + " as its keep_for asks"
	case events.JobFailed:
		if ev.Attempt == 0 {
			return "failed" + because(ev.Reason)
		}
		return fmt.Sprintf("failed at slot %d, attempt %d%s%s", ev.Slot, ev.Attempt, because(ev.Reason), exit(ev.Exit, ""))
	default:
		return ""
	}
}

// due tells what became of a time of the schedule.
func due(ev events.RunDue) string {
	word := ev.Outcome
	if word == events.RunHeld {
		word = "held back"
	}
	at := ev.At.UTC().Format(time.RFC3339)
	switch {
	case ev.Count > 1:
		return fmt.Sprintf("%d runs, due from %s to %s, %s", ev.Count, ev.From.UTC().Format(time.RFC3339), at, word)
	case ev.Replaces:
		return fmt.Sprintf("run of %s %s, in the place of those that go on", at, word)
	}
	return fmt.Sprintf("run of %s %s", at, word)
}

// given tells the parameters of a run.
func given(parameters map[string]string) string {
	if len(parameters) == 0 {
		return ""
	}
	parts := make([]string, 0, len(parameters))
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		parts = append(parts, name+"="+parameters[name])
	}
	return " with " + strings.Join(parts, ", ")
}
