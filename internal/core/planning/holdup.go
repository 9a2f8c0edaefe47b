package planning

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Holdup is what keeps a rollout from its next step, or from its end.
type Holdup struct {
	// Kind is HoldupNone where there is no rollout, or its next step is only not taken yet.
	Kind HoldupKind
	// Group is the one whose turn it is, where it is of one; Tasks is how many of its tasks
	// it waits for.
	Group string
	Tasks int
	// Until is when time alone may change it, zero for never.
	Until time.Time
	// Message says it in a sentence.
	Message string
}

// HoldupKind names what a rollout waits for.
type HoldupKind string

// What a rollout waits for.
const (
	HoldupNone       HoldupKind = ""
	HoldupPaused     HoldupKind = "paused"
	HoldupUnpromoted HoldupKind = "unpromoted"
	HoldupEnding     HoldupKind = "ending"
	HoldupComing     HoldupKind = "coming"
	HoldupOver       HoldupKind = "over"
	HoldupForbidden  HoldupKind = "forbidden"
)

// HoldupOf says what the rollout of a job among others waits for.
func HoldupOf(around Around, j *cluster.Job, now time.Time) Holdup {
	o := &j.Rollout
	if j.Over() || j.Spec == nil || !o.Unfinished() {
		return Holdup{}
	}
	what := fmt.Sprintf("the rollout of version %d", o.Version)
	if o.Cause == cluster.CauseRestart {
		what = "the restart"
	}
	switch o.Status {
	case cluster.RolloutPaused:
		return Holdup{Kind: HoldupPaused, Message: what + " is paused" + because(o.Reason) + ", and goes on when it is resumed"}
	case cluster.RolloutFailed:
		return Holdup{Kind: HoldupOver, Message: what + " has failed" + because(o.Reason) + "; what it has not replaced stays as it is until the job is updated, rolled back or resumed"}
	case cluster.RolloutCancelled:
		return Holdup{Kind: HoldupOver, Message: what + " was cancelled" + because(o.Reason) + "; what it has not replaced stays as it is until the job is updated, rolled back or resumed"}
	case cluster.RolloutNone, cluster.RolloutRolling, cluster.RolloutSucceeded, cluster.RolloutRolledBack, cluster.RolloutSuperseded:
	}
	s := slotsOf(nil, j, now)
	s.hearing = hearingOf(around)
	r := s.measureAll()
	if r == nil {
		return Holdup{}
	}
	if why, forbidden := Forbids(around, j); forbidden && !r.done() {
		return Holdup{Kind: HoldupForbidden, Message: what + " does not go on, as nothing would be in the place of what it ends: " + why.String()}
	}
	if r.waitsForPromotion() {
		return Holdup{Kind: HoldupUnpromoted, Tasks: r.fresh, Message: fmt.Sprintf("%s: its canary of %d is up, and the others wait until it is promoted", what, s.policy.Canary)}
	}
	for _, p := range r.due(len(s.policy.Order)) {
		if h := s.holdup(p, what); h.Kind != HoldupNone {
			return h
		}
	}
	return Holdup{}
}

// holdup is what a group whose turn it is waits for.
func (s *slots) holdup(p *progress, what string) Holdup {
	coming, soon, ends := 0, 0, 0
	for _, slot := range p.slots {
		for _, t := range slot.Tasks {
			switch {
			case !t.Live() || t.Run != s.job.Run || t.Original():
			case t.Doom != nil:
				ends++
			case s.job.Outdated(t):
			case t.UpSince.IsZero():
				coming++
			case !s.isUp(t):
				soon++
			}
		}
	}
	h := Holdup{Group: p.group.Name}
	switch {
	case coming > 0:
		h.Kind, h.Tasks = HoldupComing, coming
		h.Message = fmt.Sprintf("%s waits for %d of group %s to come up", what, coming, h.Group)
		h.Until = s.hearing.Until(s.job.Rollout.Progress, time.Duration(s.policy.ProgressDeadline), s.now)
		h.Message += s.silence("its deadline stands still")
	case soon > 0:
		h.Kind, h.Tasks, h.Until = HoldupComing, soon, s.wake
		h.Message = fmt.Sprintf("%s waits for %d of group %s to be up for %s", what, soon, h.Group, time.Duration(s.policy.MinHealthy)) +
			s.silence("that time stands still")
	case ends > 0:
		h.Kind, h.Tasks = HoldupEnding, ends
		h.Message = fmt.Sprintf("%s waits for %d of group %s to end", what, ends, h.Group) + s.silence("its deadline stands still")
	}
	return h
}

// silence says what follows from it that nobody listens to Mesos; empty if somebody does.
func (s *slots) silence(so string) string {
	since, silent := s.hearing.SilentSince()
	switch {
	case !silent:
		return ""
	case since.IsZero():
		return "; " + so + ": nothing was ever heard from Mesos"
	}
	return fmt.Sprintf("; %s: nothing is heard from Mesos since %s", so, since.UTC().Format(time.RFC3339))
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}
