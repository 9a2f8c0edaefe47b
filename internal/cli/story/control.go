package story

import (
	"fmt"

	"github.com/milosgajdos/taurus/pkg/events"
)

// ofLog tells of the log itself.
func ofLog(ev events.Event) string {
	switch ev := ev.(type) {
	case events.LogSealed:
		return fmt.Sprintf("log sealed up to %d", ev.Through)
	case events.LossAccepted:
		return fmt.Sprintf("loss of %d..%d accepted", ev.From, ev.To) + because(ev.Reason)
	case events.LogCreated:
		return "log " + ev.ID + " created"
	case events.SequenceSkipped:
		return "lost record of this sequence skipped"
	default:
		return ""
	}
}

// ofLauncher tells of the launcher and its Mesos master.
func ofLauncher(ev events.Event) string {
	switch ev := ev.(type) {
	case events.LauncherElected:
		return "launcher " + ev.Instance + " took over"
	case events.FrameworkRegistered:
		return "Mesos knows taurus as framework " + ev.FrameworkID
	case events.SubscriptionOpened:
		return "subscribed to the Mesos master at " + ev.Master
	case events.SubscriptionClosed:
		return "subscription to Mesos ended" + because(ev.Reason)
	case events.TasksListed:
		return fmt.Sprintf("Mesos has listed what it runs since the loss of a part of the log (%d): %s", ev.Loss, tasks(ev.Tasks))
	case events.AgentUnavailable:
		return maintenance(ev)
	default:
		return ""
	}
}
