package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/watch"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

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

// awaitRollout follows a job until its rollout has ended, and returns how.
func (a *App) awaitRollout(ctx context.Context, api *client.Client, j projection.Job) error {
	last, err := api.Job(ctx, j.ID, "")
	if err != nil {
		return missing(err, j.ID)
	}
	if !rolledOut(last, j) {
		err = api.Follow(ctx, client.Feed{Job: j.ID, From: j.Sequence}, a.lost, func(e projection.Event) error {
			if err := tells(e); err != nil {
				return err
			}
			for _, c := range watch.Changes(e) {
				say(a.Err, "%s", a.change(c, a.errStyle()))
			}
			if !turns(e) {
				return nil
			}
			say(a.Err, "job %s: %s", e.Job, story.Tell(e))
			var err error
			if last, err = api.Job(ctx, j.ID, ""); err != nil {
				return missing(err, j.ID)
			}
			if rolledOut(last, j) {
				return errEnough
			}
			return nil
		})
		switch {
		case errors.Is(err, errInterrupted):
			say(a.Err, "job %s goes on; `taurus rollout %s` shows how far it is", j.ID, j.ID)
			return err
		case !errors.Is(err, errEnough):
			return late(err, j.ID)
		}
	}
	if last.Run != j.Run {
		return fmt.Errorf("job %s was submitted again meanwhile", j.ID)
	}
	if err := a.show(last, func(w io.Writer) error {
		say(w, "job %s: %s", last.ID, arrival(last))
		return nil
	}); err != nil {
		return err
	}
	if last.Rollout != nil && last.Rollout.Status != cluster.RolloutSucceeded || last.Version > j.Version || last.State != projection.StateRunning {
		return &statusError{error: errTold, status: ExitFailed}
	}
	return nil
}

// turns reports whether an event may end a rollout, or all that there is to wait for.
func turns(e projection.Event) bool {
	switch story.Decode(e).(type) {
	case events.RolloutEnded, events.RolloutReverted, events.RolloutSteered, events.JobUpdated, events.JobRestarted, events.JobSubmitted,
		events.JobStopped, events.JobDeleted, events.JobCompleted, events.JobFailed:
		return true
	default:
		return e.Result.State == projection.StateRunning && len(e.Result.Touched) > 0 && e.Result.Touched[0].Changed
	}
}

// rolledOut reports whether nothing more is to be waited for after an update: its rollout
// has ended and its tasks are there, or it has come otherwise.
func rolledOut(now, then projection.Job) bool {
	switch {
	case over(now.State), now.Run != then.Run, now.Version > then.Version:
		return true
	case now.Rollout == nil || now.Rollout.Version < then.Version:
		return now.State == projection.StateRunning // It was made in place.
	case now.Rollout.Status == cluster.RolloutSucceeded:
		return now.State == projection.StateRunning
	}
	return now.Rollout.Status != cluster.RolloutRolling && now.Rollout.Status != cluster.RolloutPaused
}

// arrival is what an update came to, in a few words.
func arrival(j projection.Job) string {
	text := string(j.State)
	if o := j.Rollout; o != nil {
		text += ", the rollout of version " + fmt.Sprint(o.Version) + " " + strings.ReplaceAll(string(o.Status), "_", " ") + word(": ", story.Plain(o.Reason))
	}
	return text
}
