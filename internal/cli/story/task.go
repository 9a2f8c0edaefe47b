package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// ofTask tells what became of one task.
func ofTask(e projection.Event, ev events.Event) string {
	switch ev := ev.(type) {
	case events.TaskStaged:
		text := attempt(ev.Slot, ev.Attempt) + " launched on " + ev.Hostname
		if len(ev.HostPorts) > 0 {
			text += " with " + ports(ev.HostPorts)
		}
		for i, s := range ev.Secrets {
			text += []string{", secret ", ", "}[min(i, 1)] + s.Name + " of version " + s.Version
		}
		return text
	case events.TaskWithdrawn:
		return attempt(ev.Slot, ev.Attempt) + " will not run" + because(ev.Reason)
	case events.TaskAdopted:
		return attempt(ev.Slot, ev.Attempt) + " found running in Mesos, though the log did not know it"
	case events.TaskStatusChanged:
		return status(ev, touched(e))
	default:
		return ""
	}
}

func attempt(slot, attempt uint32) string {
	if attempt > 1 {
		return fmt.Sprintf("slot %d (attempt %d)", slot, attempt)
	}
	return fmt.Sprintf("slot %d", slot)
}

// ports names each port once: one may be for tcp and for udp.
func ports(taken []uint32) string {
	var once []uint32
	for _, port := range taken {
		if !slices.Contains(once, port) {
			once = append(once, port)
		}
	}
	taken = once
	word := "port "
	if len(taken) > 1 {
		word = "ports "
	}
	return word + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(taken)), ", "), "[]")
}

// touched is what the api says of the one task that an event is about, of one that
// counts.
func touched(e projection.Event) projection.Touched {
	if t := e.Result.Touched; len(t) == 1 && e.Counts() {
		return t[0]
	}
	return projection.Touched{}
}

func status(ev events.TaskStatusChanged, t projection.Touched) string {
	text := attempt(ev.Slot, ev.Attempt) + " " + ended(ev.State, t.Class)
	if ev.Healthy != nil && ev.State == "TASK_RUNNING" {
		text += map[bool]string{true: " and is healthy", false: " but is unhealthy"}[*ev.Healthy]
	}
	text += exit(ev.Exit, t.Signal)
	switch message := Beyond(ev.Message, ev.Exit); {
	case message != "" && (ev.Exit != nil || t.Signal == ""):
		return text + ": " + message
	case ev.Message != "":
	case ev.Reason != "" && ev.State != "TASK_RUNNING":
		return text + ": " + words(strings.TrimPrefix(ev.Reason, "REASON_"))
	}
	return text
}

// ended says why a task ended, or is being killed, where the state alone does not. An
// older api does not say.
func ended(state, class string) string {
	killing := state == "TASK_KILLING"
	switch restart.Class(class) {
	case restart.Unhealthy:
		return choose(killing, "is being", "was") + " killed by its health check"
	case restart.KilledOutside:
		return choose(killing, "is being", "was") + " killed, and not by taurus"
	case restart.OutOfMemory:
		return "ran out of memory"
	case restart.StartFailed:
		return "could not be started"
	case restart.PullFailed, restart.RegistryDown:
		return "got no image"
	case restart.TimeLimit:
		return choose(killing, "is being", "was") + " killed, as it ran for too long"
	case restart.Drained:
		return choose(killing, "has to leave", "had to leave") + " its agent"
	case restart.OK, restart.Exited, restart.KilledByUs, restart.AgentLost, restart.InvalidOffer, restart.Dropped,
		restart.Unknown, restart.Refused, restart.NeverLaunched:
	}
	return became(state)
}

func exit(code *int, signal string) string {
	switch {
	case code == nil && signal == "":
		return ""
	case code == nil:
		return " (" + signal + ")"
	case signal == "":
		return fmt.Sprintf(" (exit status %d)", *code)
	}
	return fmt.Sprintf(" (exit status %d, %s)", *code, signal)
}

// became says what a state of Mesos means to a task.
func became(state string) string {
	switch state {
	case "TASK_STAGING":
		return "is staging"
	case "TASK_STARTING":
		return "is starting"
	case "TASK_RUNNING":
		return "runs"
	case "TASK_KILLING":
		return "is being killed"
	case "TASK_FINISHED":
		return "finished"
	case "TASK_FAILED":
		return "failed"
	case "TASK_KILLED":
		return "was killed"
	case "TASK_ERROR":
		return "was refused by Mesos"
	case "TASK_DROPPED":
		return "was dropped before it started"
	case "TASK_LOST":
		return "is lost"
	case "TASK_GONE", "TASK_GONE_BY_OPERATOR":
		return "is gone with its agent"
	case "TASK_UNREACHABLE":
		return "is out of reach"
	case "TASK_UNKNOWN":
		return "is unknown to Mesos"
	}
	return "is " + strings.TrimPrefix(state, "TASK_")
}
