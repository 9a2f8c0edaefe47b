package rehearsal

import (
	"fmt"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Essence is what a decision does. Two builds that say it in other words, or say more
// about it, decide the same.
func Essence(ev events.Event) string {
	switch ev := ev.(type) {
	case events.TasksPlanned:
		return fmt.Sprintf("%s run %d version %d group %s slots %v not before %d", ev.Type(), ev.Run, ev.Version, ev.Group, ev.Slots, ev.NotBefore.UnixNano())
	case events.TasksDoomed:
		return fmt.Sprintf("%s run %d slots %v", ev.Type(), ev.Run, ev.Slots)
	case events.JobCompleted:
		return fmt.Sprintf("%s run %d", ev.Type(), ev.Run)
	case events.JobFailed:
		return fmt.Sprintf("%s run %d", ev.Type(), ev.Run)
	case events.RolloutEnded:
		return fmt.Sprintf("%s run %d version %d %s", ev.Type(), ev.Run, ev.Version, ev.Outcome)
	case events.RolloutReverted:
		return fmt.Sprintf("%s run %d version %d to %d", ev.Type(), ev.Run, ev.Version, ev.To)
	default:
		return fmt.Sprintf("%s %+v", ev.Type(), ev)
	}
}
