package projection

import (
	"fmt"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
)

// isFailure reports whether an end is told as the slot's last failure: not one that was
// wanted.
func isFailure(t *cluster.Task) bool {
	class := t.End().Class()
	return class != restart.OK && (t.Doom == nil || class == restart.TimeLimit)
}

func endView(j *cluster.Job, t *cluster.Task) End {
	return End{
		Attempt: t.Attempt, State: t.State.String(), At: t.EndedAt, Host: t.Hostname,
		Summary: strings.TrimPrefix(words(j, t), "was "), Status: statusView(t),
	}
}

// words tell how a task ended, as what follows its name.
func words(j *cluster.Job, t *cluster.Task) string {
	return t.End().Words(t.Setting(j.GroupOf(t)))
}

func statusView(t *cluster.Task) Status {
	s := Status{Reason: t.Status.Reason, Message: t.Status.Message, Source: t.Status.Source, Exit: t.Status.Exit}
	s.Class = string(t.Ending().Class())
	if !t.Live() {
		s.Signal = t.End().Signal()
	}
	return s
}

// see names the command that shows the last that an ended task wrote; empty where it
// wrote nothing.
func see(j *cluster.Job, slot uint32, end End) string {
	switch restart.Class(end.Class) {
	case restart.Exited, restart.Unhealthy, restart.OutOfMemory, restart.KilledOutside, restart.StartFailed:
	case restart.OK, restart.KilledByUs, restart.TimeLimit, restart.PullFailed, restart.RegistryDown, restart.AgentLost,
		restart.Drained, restart.InvalidOffer, restart.Dropped, restart.Unknown, restart.Refused, restart.NeverLaunched:
		return ""
	default:
		return ""
	}
	text := fmt.Sprintf("; see `taurus logs %s/%d --stderr", j.ID, slot)
	if newest := newestOf(j, slot); newest != nil && newest.ID != "" && newest.Attempt != end.Attempt {
		text += fmt.Sprintf(" --attempt %d", end.Attempt) // Otherwise it is the newest that was launched.
	}
	return text + "`"
}

// outcomeOf tells how a job ended by itself, and of the task that failed it.
func outcomeOf(j *cluster.Job) *Outcome {
	o := &Outcome{Word: j.Outcome, At: j.OutcomeAt, Reason: j.OutcomeReason, Exit: j.OutcomeExit}
	if j.Outcome != cluster.OutcomeFailed {
		return o
	}
	if slot := j.Slots[j.OutcomeSlot]; slot != nil && slot.LastEnd != nil && slot.LastEnd.Attempt == j.OutcomeAttempt {
		end := endView(j, slot.LastEnd)
		o.Slot, o.Task = &slot.Number, &end
	}
	return o
}

func newestOf(j *cluster.Job, slot uint32) *cluster.Task {
	if s := j.Slots[slot]; s != nil {
		return s.Newest()
	}
	return nil
}
