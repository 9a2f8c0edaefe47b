package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// updates reports whether a job is the answer to an update of one that was there.
func updates(j projection.Job) bool {
	return j.Update != nil && j.Update.Outcome != projection.UpdateCreated
}

// writeUpdate tells what an update of a job did.
func (a *App) writeUpdate(w io.Writer, j projection.Job) {
	if j.Update.Outcome == projection.UpdateUnchanged {
		say(w, "job %s: nothing to change, it is so already (version %d)", j.ID, j.Version)
		return
	}
	say(w, "job %s: updated to version %d", j.ID, j.Update.Version)
	a.writeChanges(w, j.Update.Changes)
	writeSteps(w, j.Update.Steps)
	if len(j.Update.Steps) > 0 {
		say(w, "`taurus rollout %s` shows how far it is, `taurus revert %s` takes it back", j.ID, j.ID)
	}
}

// writeChanges tells what differs, a line each.
func (a *App) writeChanges(w io.Writer, changes []job.Change) {
	s := a.style()
	for _, c := range changes {
		switch {
		case c.Old == nil:
			say(w, "  %s %s: %s%s", s.paint(green, "+"), c.Path, valueText(string(c.New)), effect(c))
		case c.New == nil:
			say(w, "  %s %s: %s%s", s.paint(red, "-"), c.Path, valueText(string(c.Old)), effect(c))
		default:
			say(w, "  %s %s: %s -> %s%s", s.paint(yellow, "~"), c.Path, valueText(string(c.Old)), valueText(string(c.New)), effect(c))
		}
	}
}

// valueText is a value in a line.
func valueText(v string) string {
	const enough = 60
	v = story.Plain(v)
	if runes := []rune(v); len(runes) > enough {
		return string(runes[:enough]) + "…"
	}
	return v
}

// effect is what a change means for the tasks, where it means something.
func effect(c job.Change) string {
	switch c.Effect {
	case job.EffectReplaces:
		return "  (replaces the tasks of " + c.Group + ")"
	case job.EffectMoves:
		return "  (replaces the tasks of " + c.Group + " that run elsewhere)"
	case job.EffectStarts, job.EffectStops, job.EffectInPlace:
	}
	return ""
}

// writeSteps tells what becomes of the tasks.
func writeSteps(w io.Writer, steps []job.Step) {
	for _, s := range steps {
		say(w, "  %s", stepText(s))
	}
	if len(steps) == 0 {
		say(w, "  no task is replaced")
	}
}

func stepText(s job.Step) string {
	tasks := count(s.Tasks, "task")
	switch s.Action {
	case job.ActionCanary:
		return fmt.Sprintf("first %s as a canary; the others wait for `taurus rollout JOB promote`", tasks)
	case job.ActionStart:
		return fmt.Sprintf("start %s of %s", tasks, s.Group)
	case job.ActionStop:
		return fmt.Sprintf("stop %s of %s", tasks, s.Group)
	case job.ActionMove:
		return fmt.Sprintf("replace those of %s of %s that run where they may not any more%s", tasks, s.Group, pace(s))
	case job.ActionReplace:
		return fmt.Sprintf("replace %s of %s%s", tasks, s.Group, pace(s))
	}
	return string(s.Action) + " " + tasks + " of " + s.Group
}

// pace is how many tasks may be there and away while a group is rolled out.
func pace(s job.Step) string {
	var parts []string
	if s.MaxSurge > 0 {
		parts = append(parts, fmt.Sprintf("%d more", s.MaxSurge))
	}
	if s.MaxUnavailable > 0 {
		parts = append(parts, fmt.Sprintf("%d fewer", s.MaxUnavailable))
	}
	if len(parts) == 0 {
		return ""
	}
	return ", at most " + strings.Join(parts, " and ") + " at a time"
}
