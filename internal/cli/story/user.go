package story

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/pkg/events"
)

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
