package story

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
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
		return ofUser(ev) + by(e.Actor)
	case events.TasksPlanned, events.TasksDoomed, events.RolloutEnded, events.RolloutReverted, events.RunDue, events.JobCompleted, events.JobFailed, events.JobExpired, events.KillIssued:
		return ofPlan(ev)
	case events.TaskStaged, events.TaskWithdrawn, events.TaskAdopted, events.TaskStatusChanged:
		return ofTask(e, ev)
	case events.AgentDrained, events.AgentRestored:
		return ofAgents(ev) + by(e.Actor)
	case events.LauncherElected, events.FrameworkRegistered, events.SubscriptionOpened, events.SubscriptionClosed, events.TasksListed, events.AgentUnavailable:
		return ofLauncher(ev)
	case events.LogSealed, events.LossAccepted, events.LogCreated, events.SequenceSkipped:
		return ofLog(ev) + by(e.Actor)
	case events.VerdictChanged:
		return fmt.Sprintf("%s of group %s %s: %s", tasks(ev.Waiting), ev.Group, verb(ev.Waiting, "waits", "wait"), ev.Summary)
	case events.AgentsOffered:
		return fmt.Sprintf("%d agents have offered other than before", len(ev.Agents))
	case events.Unknown: // Tell tells of those.
	}
	return e.Type
}

func by(actor string) string {
	if actor == "" {
		return ""
	}
	return ", by " + actor
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

// ofUser tells what users asked for.
func ofUser(ev events.Event) string {
	switch ev := ev.(type) {
	case events.JobSubmitted:
		return "submitted" + wanted(ev)
	case events.JobScaled:
		return fmt.Sprintf("group %s scaled to %s", ev.Group, tasks(ev.Replicas))
	case events.JobUpdated:
		if ev.RevertOf != 0 {
			return fmt.Sprintf("updated to version %d, which is version %d again", ev.Version, ev.RevertOf)
		}
		return fmt.Sprintf("updated to version %d", ev.Version)
	case events.KillRequested:
		return killed(ev) + because(ev.Reason)
	case events.JobRestarted:
		return restarted(ev) + because(ev.Reason)
	case events.VersionTagged:
		if ev.Tag == "" {
			return fmt.Sprintf("version %d has no tag any more", ev.Version)
		}
		return fmt.Sprintf("version %d tagged %s", ev.Version, ev.Tag)
	case events.RolloutSteered:
		return fmt.Sprintf("rollout of version %d: %s", ev.Version, steered(ev)) + because(ev.Reason)
	case events.JobStopped:
		if ev.KeepRuns {
			return "told to stop, but for its runs" + because(ev.Reason)
		}
		return "told to stop" + because(ev.Reason)
	case events.ScheduleSteered:
		if ev.Action == events.SchedulePause {
			return "schedule paused" + because(ev.Reason)
		}
		return "schedule resumed" + because(ev.Reason)
	case events.RunRequested:
		return fmt.Sprintf("run %d asked for", ev.Number) + given(ev.Parameters) + because(ev.Reason)
	case events.JobDeleted:
		return "deleted from the lists"
	default:
		return ""
	}
}

// killed tells which tasks are to be killed.
func killed(ev events.KillRequested) string {
	of := "all tasks"
	switch {
	case ev.Version != 0:
		return fmt.Sprintf("%s of group %s to be killed, and the group scaled down to %s", slots(ev.Slots), ev.Group, tasks(ev.Replicas))
	case len(ev.Slots) > 0:
		verb := "are"
		if len(ev.Slots) == 1 && ev.Slots[0].From == ev.Slots[0].To {
			verb = "is"
		}
		return slots(ev.Slots) + " " + verb + " to be killed, and started again"
	case ev.Group != "":
		of = "the tasks of group " + ev.Group
	}
	return of + " are to be killed, and started again"
}

// restarted tells which tasks are to be replaced.
func restarted(ev events.JobRestarted) string {
	switch {
	case len(ev.Slots) > 0 && ev.Group != "":
		return "told to restart " + slots(ev.Slots) + " of group " + ev.Group
	case len(ev.Slots) > 0:
		return "told to restart " + slots(ev.Slots)
	case ev.Group != "":
		return "told to restart group " + ev.Group
	}
	return "told to restart"
}

// steered tells what a user wants of a rollout.
func steered(ev events.RolloutSteered) string {
	text := map[string]string{
		events.RolloutPause: "told to wait", events.RolloutResume: "told to go on", events.RolloutPromote: "told to go beyond its canary",
		events.RolloutCancel: "told to end where it is", events.RolloutRollback: "told to go back",
	}[ev.Action]
	switch {
	case text == "":
		return ev.Action
	case ev.To != 0:
		return fmt.Sprintf("%s to version %d", text, ev.To)
	}
	return text
}

// wanted sums up what a spec asks for.
func wanted(ev events.JobSubmitted) string {
	var spec struct {
		Tasks []struct {
			Name      string `json:"name"`
			Replicas  uint32 `json:"replicas"`
			Container struct {
				Image string `json:"image"`
			} `json:"container"`
		} `json:"tasks"`
	}
	if json.Unmarshal(ev.Spec, &spec) != nil || len(spec.Tasks) == 0 {
		return ""
	}
	groups := make([]string, 0, len(spec.Tasks))
	for _, g := range spec.Tasks {
		groups = append(groups, fmt.Sprintf("%d x %s (%s)", g.Replicas, cmp.Or(g.Container.Image, "a command"), g.Name))
	}
	return ": " + strings.Join(groups, ", ")
}

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

// ofTask tells what became of one task.
func ofTask(e projection.Event, ev events.Event) string {
	switch ev := ev.(type) {
	case events.TaskStaged:
		text := attempt(ev.Slot, ev.Attempt) + " launched on " + ev.Hostname
		if len(ev.HostPorts) > 0 {
			text += " with " + ports(ev.HostPorts)
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

func choose(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
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

// words makes a constant readable.
func words(constant string) string {
	return strings.ToLower(strings.ReplaceAll(constant, "_", " "))
}

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
