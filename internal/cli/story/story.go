package story

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Decode returns the event in its Go form; events.Unknown where this program
// does not know its type, or cannot read its data.
func Decode(e projection.Event) events.Event {
	unknown := events.Unknown{TypeName: e.Type, Data: e.Data}
	_, ev, err := events.Decode(events.Message{
		Subject: e.Subject,
		Header: map[string]string{
			events.HeaderID:   "shown",
			events.HeaderTime: time.Time{}.Format(time.RFC3339Nano),
			events.HeaderType: e.Type,
		},
		Data: e.Data,
	})
	if err != nil {
		return unknown
	}
	return ev
}

// Tell is an event in a sentence, without its time, its sequence and its job. Of
// one that did not count it says so, and why.
func Tell(e projection.Event) string {
	if e.Judgement == cluster.Rejected.String() {
		return rejected(e)
	}
	ev := Decode(e)
	if _, unknown := ev.(events.Unknown); unknown {
		return e.Type + " happened, of which this taurus knows nothing"
	}
	return sentence(e, ev) + passedOver(e)
}

// rejected tells of an event that no program of taurus' writes.
func rejected(e projection.Event) string {
	what := e.Type
	if what == "" {
		what = "something without a type"
	}
	return what + " is rejected: " + e.Rejection
}

// passedOver says why an event did not count. An older api does not say.
func passedOver(e projection.Event) string {
	if e.Judgement == "" || e.Counts() {
		return ""
	}
	reason := map[string]string{
		cluster.Outranked.String():  "what stands is newer",
		cluster.Repeated.String():   "the log says so already",
		cluster.StaleEpoch.String(): "its launcher had been replaced",
		cluster.Unmatched.String():  "no such task is there",
		cluster.Skipped.String():    "the api does not know such events",
	}[e.Judgement]
	if reason == "" {
		reason = words(e.Judgement)
	}
	if t := e.Result.Touched; len(t) == 1 && e.Judgement == cluster.Outranked.String() {
		reason = "it is " + t[0].State + " already"
	}
	return " (does not count: " + reason + ")"
}

func sentence(e projection.Event, ev events.Event) string {
	switch ev := ev.(type) {
	case events.JobSubmitted, events.JobScaled, events.JobUpdated, events.JobRestarted, events.KillRequested, events.RolloutSteered,
		events.VersionTagged, events.JobStopped, events.ScheduleSteered, events.RunRequested, events.JobDeleted:
		return ofUser(ev) + by(e)
	case events.TasksPlanned, events.TasksDoomed, events.RolloutEnded, events.RolloutReverted, events.RunDue, events.JobCompleted, events.JobFailed, events.JobExpired, events.KillIssued:
		return ofPlan(ev)
	case events.TaskStaged, events.TaskWithdrawn, events.TaskAdopted, events.TaskStatusChanged:
		return ofTask(e, ev)
	case events.AgentDrained, events.AgentRestored:
		return ofAgents(ev) + by(e)
	case events.TokenCreated, events.TokenRevoked, events.RoleSet, events.RoleRemoved, events.GroupBound, events.PolicySet:
		return ofAccess(ev) + by(e)
	case events.LauncherElected, events.FrameworkRegistered, events.SubscriptionOpened, events.SubscriptionClosed, events.TasksListed, events.AgentUnavailable:
		return ofLauncher(ev)
	case events.LogSealed, events.LossAccepted, events.LogCreated, events.SequenceSkipped:
		return ofLog(ev) + by(e)
	case events.VerdictChanged:
		return fmt.Sprintf("%s of group %s %s: %s", tasks(ev.Waiting), ev.Group, verb(ev.Waiting, "waits", "wait"), ev.Summary)
	case events.AgentsOffered:
		return fmt.Sprintf("%d agents have offered other than before", len(ev.Agents))
	case events.RequestAnswered:
		return fmt.Sprintf("%s asked for %s %s: %s", cmp.Or(ev.Principal, "nobody known"), ev.Method, ev.Route, ev.Outcome)
	case events.TokenUsed:
		return fmt.Sprintf("token %s of %s is in use", ev.ID, ev.Owner)
	case events.Unknown: // Tell tells of those.
	}
	return e.Type
}

func by(e projection.Event) string {
	who := events.Envelope{Actor: e.Actor, OnBehalfOf: e.OnBehalfOf}.By()
	if who == "" {
		return ""
	}
	return ", by " + who
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func tasks(n uint32) string {
	if n == 1 {
		return "1 task"
	}
	return fmt.Sprintf("%d tasks", n)
}

func verb(n uint32, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// slots names ranges of slots, with attempts beyond the first.
func slots(ranges []events.SlotRange) string {
	several := len(ranges) > 1
	parts := make([]string, 0, len(ranges))
	for _, r := range ranges {
		part := fmt.Sprint(r.From)
		if r.To != r.From {
			several = true
			part += fmt.Sprintf("-%d", r.To)
		}
		if r.Attempt > 1 {
			part += fmt.Sprintf(" (attempt %d)", r.Attempt)
		}
		parts = append(parts, part)
	}
	if several {
		return "slots " + strings.Join(parts, ", ")
	}
	return "slot " + strings.Join(parts, "")
}

func choose(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// words makes a constant readable.
func words(constant string) string {
	return strings.ToLower(strings.ReplaceAll(constant, "_", " "))
}
