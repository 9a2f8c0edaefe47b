package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/watch"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// maxDocument bounds a job file, in bytes; the API has its own limit below it.
const maxDocument = 16 << 20

// run makes a job as a document says.
func (a *App) run() *cobra.Command {
	var wait, createOnly bool
	var timeout, stable time.Duration
	cmd := &cobra.Command{
		Use:        "run FILE|-",
		SuggestFor: []string{"submit", "create", "start", "deploy", "add", "apply", "update"},
		Short:      "Run a job, or update one that runs, from a file of JSON or YAML or from standard input",
		Long: "Run a job, from a file of JSON or YAML or from standard input. If a job of its id runs\n" +
			"already it is updated: a new version, and what of its tasks has changed is replaced step\n" +
			"by step, as its rollout says. `taurus plan FILE` tells beforehand what that means, and\n" +
			"--create-only refuses it.\n\n" +
			"With --wait a batch job is followed to its end, and the command exits as the job\n" +
			"did: 0 if it completed, otherwise the exit status of the task that failed it.\n\n" +
			"A service is followed until it is up. 0 says that all its tasks run, that their\n" +
			"health checks have passed where they have one, and that they have stayed so for\n" +
			"--stable, which is the job's min_healthy unless told otherwise. Once a task fails\n" +
			"meanwhile, is killed by its health check, or exits and is to run again, the command\n" +
			"says why and exits with the task's exit status, or with 1; the job goes on. What is\n" +
			"not the task's fault, such as an agent that is lost, is waited out.\n\n" +
			"An update of a service is followed until its rollout has ended: 0 says that it\n" +
			"succeeded. Ctrl-C only ends the waiting.",
		Example: "  taurus run examplejobs/job.json\n  taurus run examplejobs/job.json --wait --stable 30s\n  taurus run examplejobs/batch.yaml --wait --timeout 10m\n  generate-job | taurus run -",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			document, media, err := a.document(args[0])
			if err != nil {
				return err
			}
			api := a.client()
			j, err := a.submit(cmd.Context(), api, document, media, createOnly)
			if err != nil {
				return in(args[0], err)
			}
			a.warn(j.Warnings)
			if j.Series != nil { // There is nothing to wait for: none of it runs itself.
				return a.show(j, func(w io.Writer) error {
					if updates(j) {
						a.writeUpdate(w, j)
					}
					say(w, "job %s: %s%s; `taurus runs %s` lists its runs", j.ID, j.State, word(", ", detail(j)), j.ID)
					return nil
				})
			}
			if !wait {
				return a.show(j, func(w io.Writer) error {
					a.writeRun(w, j)
					return nil
				})
			}
			ctx, cancel := within(cmd.Context(), timeout)
			defer cancel()
			if updates(j) {
				a.writeUpdate(a.Err, j)
			}
			switch {
			case j.Kind == job.KindBatch:
				return a.await(ctx, api, j)
			case updates(j):
				return a.awaitRollout(ctx, api, j)
			case !cmd.Flags().Changed("stable"):
				stable = minHealthy(j)
			}
			return a.awaitUp(ctx, api, j, stable)
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "follow the job and exit as it did")
	cmd.Flags().BoolVar(&createOnly, "create-only", false, "do not update a job of the id that runs; refuse the file")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "how `long` to wait; 0 is for ever")
	cmd.Flags().DurationVar(&stable, "stable", 0, "how `long` a service has to stay up (default the job's rollout.min_healthy, 10s)")
	return cmd
}

// submit makes a job as a document says. What has no id is for the API to refuse.
func (a *App) submit(ctx context.Context, api *client.Client, document []byte, media string, createOnly bool) (projection.Job, error) {
	if id := idOf(document, media); id != "" && !createOnly {
		return api.Put(ctx, id, document, media)
	}
	return api.Submit(ctx, document, media)
}

// idOf is the id in a job document, empty if it cannot be read.
func idOf(document []byte, media string) string {
	file, err := job.NewFile(document, media)
	if err != nil {
		return ""
	}
	if spec, _ := file.Decode(); spec != nil {
		return spec.ID
	}
	return ""
}

// warn tells what a document probably did not mean.
func (a *App) warn(warnings []job.Fault) {
	for _, f := range warnings {
		say(a.Err, "warning: %s", fault(client.Fault(f)))
	}
}

// writeRun tells what became of a job that was sent.
func (a *App) writeRun(w io.Writer, j projection.Job) {
	if updates(j) {
		a.writeUpdate(w, j)
		return
	}
	say(w, "job %s: submitted; `taurus ps %s` shows its tasks, `taurus stop %s` stops it", j.ID, j.ID, j.ID)
}

// in says which document an error of the api is about.
func in(path string, err error) error {
	if _, ok := errors.AsType[*client.Problem](err); !ok {
		return err
	}
	return fmt.Errorf("%s: %w", titled(path), err)
}

// titled is what messages call a document.
func titled(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

// document reads a job and tells its media type.
func (a *App) document(path string) (data []byte, media string, err error) {
	in := a.In
	if path != "-" {
		f, err := os.Open(filepath.Clean(path))
		if err != nil {
			return nil, "", usagef("%v", err)
		}
		defer f.Close()
		in = f
	}
	data, err = io.ReadAll(io.LimitReader(in, maxDocument+1))
	switch {
	case err != nil:
		return nil, "", usagef("%s cannot be read: %v", titled(path), err)
	case len(data) > maxDocument:
		return nil, "", usagef("%s is larger than %d MiB, which no job is", titled(path), maxDocument>>20)
	}
	return data, mediaOf(path, data), nil
}

// mediaOf goes by the name of a file, otherwise by how it begins.
func mediaOf(path string, data []byte) string {
	const json, yaml = "application/json", "application/yaml"
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json":
		return json
	case ".yaml", ".yml":
		return yaml
	}
	if text := bytes.TrimSpace(data); len(text) == 0 || text[0] == '{' || text[0] == '[' {
		return json
	}
	return yaml
}

// errEnough ends a feed that told all that was wanted.
var errEnough = errors.New("enough")

// await follows a batch job and returns how it ended.
func (a *App) await(ctx context.Context, api *client.Client, j projection.Job) error {
	var last projection.Job
	err := api.Follow(ctx, client.Feed{Job: j.ID, From: j.Run}, a.lost, func(e projection.Event) error {
		if err := tells(e); err != nil {
			return err
		}
		for _, c := range watch.Changes(e) {
			say(a.Err, "%s", a.change(c, a.errStyle()))
		}
		if e.Result.Run == j.Run && !over(e.Result.State) {
			return nil
		}
		var err error // What is known now may be ahead of the feed.
		if last, err = api.Job(ctx, j.ID, ""); err != nil {
			return missing(err, j.ID)
		}
		if last.Run != j.Run || over(last.State) {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		return a.unfinished(err, j.ID)
	}
	return a.arrived(j, last)
}

// unfinished is the error of a wait that ended before the job did.
func (a *App) unfinished(err error, id string) error {
	if errors.Is(err, errInterrupted) {
		say(a.Err, "job %s goes on; `taurus stop %s` stops it", id, id)
		return err
	}
	return late(err, id)
}

// arrived shows a job that was waited for, and is the command's exit.
func (a *App) arrived(j, last projection.Job) error {
	if last.Run != j.Run {
		return fmt.Errorf("job %s was submitted again meanwhile", j.ID)
	}
	if err := a.show(last, func(w io.Writer) error {
		say(w, "job %s: %s%s", last.ID, last.State, word(": ", detail(last)))
		return nil
	}); err != nil {
		return err
	}
	return ended(last)
}

// errOldAPI: the events do not say what became of the job.
var errOldAPI = errors.New("the API is older than this taurus and its events do not say what they did: update it, or leave --wait out and look with `taurus job`")

// tells refuses the events of an api that does not say what they did.
func tells(e projection.Event) error {
	if e.Judgement == "" {
		return errOldAPI
	}
	return nil
}

// ended is how a job ended, as this program's exit.
func ended(j projection.Job) error {
	switch j.State {
	case projection.StateCompleted, projection.StateRunning, projection.StateScheduled, projection.StatePaused, projection.StateDispatchable:
		return nil
	case projection.StateFailed:
		if j.Outcome != nil {
			return failedWith(j.Outcome.Exit)
		}
	case projection.StateStopped, projection.StatePending, projection.StateStopping, projection.StateAhead,
		projection.StateUnhealthy, projection.StateCrashLooping:
	}
	return &statusError{error: errTold, status: ExitFailed}
}

// failedWith is this program's exit after a task's: the same where it is one.
func failedWith(exit *int) error {
	const highest = 255
	if exit != nil && *exit > 0 && *exit <= highest {
		return &statusError{error: errTold, status: *exit}
	}
	return &statusError{error: errTold, status: ExitFailed}
}

// lost says that the feed broke.
func (a *App) lost(err error) { say(a.Err, "the connection broke (%v); connecting again", err) }

// change is a task's change in a line.
func (a *App) change(c watch.Change, s style) string {
	text := fmt.Sprintf("%s  %s/%d", s.paint(faint, a.clock(c.Time)), c.Job, c.Slot)
	if c.Attempt > 1 {
		text += fmt.Sprintf(" (attempt %d)", c.Attempt)
	}
	text += "  " + s.state(c.State)
	if c.Host != "" {
		text += " on " + c.Host
	}
	switch {
	case c.Exit != nil && c.Signal != "":
		text += fmt.Sprintf(" (exit %d, %s)", *c.Exit, c.Signal)
	case c.Exit != nil:
		text += fmt.Sprintf(" (exit %d)", *c.Exit)
	}
	return text + word(": ", clip(story.Beyond(c.Detail, c.Exit)))
}
