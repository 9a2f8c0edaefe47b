package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/pause"
	"github.com/milosgajdos/taurus/internal/projection"
)

// logsEvery is how often what a task writes is looked at while it is followed.
const logsEvery = 500 * time.Millisecond

// logs shows what tasks wrote.
func (a *App) logs() *cobra.Command {
	var follow, stderr bool
	var attempt uint32
	cmd := &cobra.Command{
		Use:   "logs JOB[/SLOT]",
		Short: "Show what the tasks of a job, or one of them, wrote",
		Long: "Show what the tasks of a job, or one of them, wrote, as their agents keep it. Of\n" +
			"several tasks each line begins with its slot. As JSON or YAML each line is a\n" +
			"result of its own.",
		Example:           "  taurus logs taurusjob\n  taurus logs taurusjob/0 --follow\n  taurus logs taurusjob/2 --stderr --attempt 1",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := "stdout"
			if stderr {
				file = "stderr"
			}
			readers, err := a.outputs(cmd.Context(), args[0], file, attempt)
			if err != nil {
				return err
			}
			return a.copyLogs(cmd.Context(), readers, follow)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what they write next, until Ctrl-C or they have ended")
	cmd.Flags().BoolVar(&stderr, "stderr", false, "show standard error in place of standard output")
	cmd.Flags().Uint32Var(&attempt, "attempt", 0, "show this `attempt`; 0 is the newest that was launched")
	return cmd
}

// output is what one task writes.
type output struct {
	client.Output
	prefix string
	// from is the attempt that was read last, 0 before the first read.
	from uint32
	// rest is a line that is not complete yet.
	rest []byte
	// over reports whether the task had ended before the last read began.
	over bool
}

// outputs finds the tasks that an argument means: a job, or a slot of one. Ids
// may hold slashes, so a job of the whole name goes first.
func (a *App) outputs(ctx context.Context, arg, file string, attempt uint32) ([]*output, error) {
	api := a.client()
	tasks, err := api.Tasks(ctx, arg, "")
	if err == nil {
		return ofJob(arg, tasks, file, attempt)
	}
	id, number, slotted := cutLast(arg, "/")
	slot, notNumber := strconv.ParseUint(number, 10, 32)
	if !errors.Is(err, client.ErrNotFound) || !slotted || notNumber != nil {
		return nil, missing(err, arg)
	}
	if _, err := api.Job(ctx, id, ""); err != nil {
		return nil, missing(err, id)
	}
	return []*output{{Output: client.Output{Job: id, Slot: uint32(slot), Attempt: attempt, File: file}}}, nil
}

// ofJob are the slots of a job.
func ofJob(id string, tasks []projection.Task, file string, attempt uint32) ([]*output, error) {
	var all []*output
	for _, t := range tasks {
		if n := len(all); n > 0 && all[n-1].Slot == t.Slot {
			continue
		}
		o := &output{Output: client.Output{Job: id, Slot: t.Slot, Attempt: attempt, File: file}}
		all = append(all, o)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("job %q has no tasks yet; `taurus explain %s` says why", id, id)
	}
	if len(all) > 1 {
		for _, o := range all {
			o.prefix = fmt.Sprintf("%d | ", o.Slot)
		}
	}
	return all, nil
}

// copyLogs writes what there is, and when following also what comes.
func (a *App) copyLogs(ctx context.Context, outputs []*output, follow bool) error {
	found := false
	for {
		open := 0
		for _, o := range outputs {
			there, err := a.copyLog(ctx, o, follow)
			if err != nil {
				return untilInterrupted(err)
			}
			found = found || there
			if !o.over {
				open++
			}
		}
		if !follow || open == 0 {
			break
		}
		if err := pause.For(ctx, logsEvery); err != nil {
			return untilInterrupted(err)
		}
	}
	if !found {
		say(a.Err, "nothing was written")
	}
	return nil
}

// untilInterrupted takes Ctrl-C for the way in which following ends.
func untilInterrupted(err error) error {
	if errors.Is(err, errInterrupted) {
		return nil
	}
	return err
}

// copyLog writes what one task has written since the last time, whole lines
// where several tasks share the screen. It reports whether there was a file.
func (a *App) copyLog(ctx context.Context, o *output, follow bool) (bool, error) {
	api := a.client()
	over := true
	if follow {
		var err error
		if over, err = hasEnded(ctx, api, o); err != nil {
			return false, err
		}
	}
	for {
		part, err := api.Logs(ctx, o.Output)
		switch {
		case waiting(err):
			o.over = over
			return false, nil
		case err != nil:
			return false, fmt.Errorf("%s/%d: %w", o.Job, o.Slot, err)
		}
		if o.from != 0 && o.from != part.Attempt {
			// A newer attempt began, and its file with it.
			if err := a.writeLog(o, nil, true); err != nil {
				return true, err
			}
			o.from, o.Offset = part.Attempt, 0
			continue
		}
		o.from = part.Attempt
		o.Offset += int64(len(part.Data))
		last := len(part.Data) == 0 || o.Offset >= part.Size
		if err := a.writeLog(o, part.Data, last && over); err != nil {
			return true, err
		}
		if last {
			o.over = over
			return true, nil
		}
	}
}

// waiting reports whether a file is only not there yet.
func waiting(err error) bool {
	var p *client.Problem
	return errors.As(err, &p) && (p.Type == client.TypeNoOutput)
}

// hasEnded reports whether the attempt that is followed writes nothing more.
func hasEnded(ctx context.Context, api *client.Client, o *output) (bool, error) {
	attempts, err := api.Slot(ctx, o.Job, o.Slot)
	if err != nil {
		return false, missing(err, o.Job)
	}
	if len(attempts) == 0 {
		return true, nil
	}
	t := attempts[len(attempts)-1]
	if o.Attempt != 0 && t.Attempt > o.Attempt {
		return true, nil
	}
	return !t.Live, nil
}

// logLine is a line as JSON and YAML have it.
type logLine struct {
	Job     string `json:"job"`
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt"`
	File    string `json:"file"`
	Line    string `json:"line"`
}

// writeLog writes data: as it is where it is all that people look at, otherwise
// line by line.
func (a *App) writeLog(o *output, data []byte, end bool) error {
	if o.prefix == "" && a.flags.output == formatTable {
		return write(a.Out, data)
	}
	o.rest = append(o.rest, data...)
	for {
		line, rest, whole := bytes.Cut(o.rest, []byte("\n"))
		if !whole && (!end || len(line) == 0) {
			return nil
		}
		err := a.each(logLine{o.Job, o.Slot, o.from, o.File, strings.ToValidUTF8(string(line), "\uFFFD")}, func(w io.Writer) error {
			return write(w, fmt.Appendf(nil, "%s%s\n", o.prefix, line))
		})
		if err != nil {
			return err
		}
		o.rest = rest
	}
}

func write(w io.Writer, data []byte) error {
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
