package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/rehearsal"
	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/internal/rehearsing"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// decideName is the command by which another build is asked for its decisions.
const decideName = "decide"

// decide tells what the planner of this build would decide over a log. It is for
// `replay --planner` of another build, and no command for people.
func (a *App) decide() *cobra.Command {
	return &cobra.Command{
		Use:    decideName,
		Short:  "Tell what this planner would decide over an exported log",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			out, err := rehearsing.NewWriter(a.Out, service.Version())
			if err != nil {
				return err
			}
			var r *rehearsal.Rehearsal
			last, err := records(a.In, func(space events.Space, rec cluster.Record) error {
				if r == nil {
					r = rehearsal.New(space)
				}
				decided, _, err := r.Next(rec)
				for _, d := range decided {
					err = errors.Join(err, out.Decision(d))
				}
				return err
			})
			if err != nil {
				return err
			}
			return out.Close(last)
		},
	}
}

// records reads an exported log, each record as it is folded.
func records(in io.Reader, each func(events.Space, cluster.Record) error) (last uint64, err error) {
	file, err := exportfile.NewReader(bufio.NewReader(in))
	if err != nil {
		return 0, err
	}
	if from := file.Header().From; from > 1 {
		return 0, usagef("the log begins with sequence %d, and what is decided goes by all before: export it from 1", from)
	}
	space, missing := events.NewSpace(file.Header().Partitions), uint64(0)
	for item, err := range file.Items() {
		if err != nil {
			return last, err
		}
		if item.Lost.From != 0 {
			missing += item.Lost.Len()
			continue
		}
		rec, err := cluster.Decode(space, item.Record.Sequence, item.Record.Time, item.Record.Message)
		if err != nil {
			return last, err
		}
		rec.Missing, missing = missing, 0
		if err := each(space, rec); err != nil {
			return last, err
		}
		last = rec.Sequence
	}
	return last, nil
}

// asking is what another planner is to be asked.
type asking struct {
	planner, log string
	from, to     uint64
	nats         *natsCommand
}

// rehearse lists where another planner decides otherwise than the one that wrote the log.
func (a *App) rehearse(ctx context.Context, r asking) error {
	name := r.log
	if name == "" {
		dir, err := os.MkdirTemp("", "taurus-replay-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		name = filepath.Join(dir, "log.ndjson")
		if err := a.exportAll(ctx, r.nats, name); err != nil {
			return err
		}
	}
	build, decided, err := a.askPlanner(ctx, r.planner, name)
	if err != nil {
		return err
	}
	c := &rehearsal.Comparison{From: r.from, To: r.to}
	differences, err := compared(name, c, decided)
	if err != nil {
		return err
	}
	return a.showDifferences(c, build, differences)
}

// exportAll writes the whole log into a file.
func (a *App) exportAll(ctx context.Context, settings *natsCommand, name string) error {
	n, err := settings.load(ctx)
	if err != nil {
		return err
	}
	quiet := *a
	quiet.Err = io.Discard
	return a.ledger(ctx, n, func(log eventlog.Log) error {
		e := &export{from: 1, examiner: examine.New(n.Space()), header: exportfile.Header{Stream: n.Stream(), Partitions: n.Partitions(), From: 1}}
		err := quiet.exportInto(ctx, log, e, name)
		if errors.Is(err, errTold) {
			return nil // Something is missing in the log; what there is can be decided about.
		}
		return err
	})
}

// askPlanner has another build decide over the log in a file.
func (a *App) askPlanner(ctx context.Context, planner, name string) (build string, decided []rehearsal.Decision, err error) {
	in, err := os.Open(name) //nolint:gosec // The user names the file.
	if err != nil {
		return "", nil, usagef("%v", err)
	}
	defer in.Close()
	if _, err := exportfile.NewReader(in); err != nil { // Or the other build would have to say so.
		return "", nil, usagef("%s: %v", name, err)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, planner, decideName)
	cmd.Stdin, cmd.Stderr = in, a.Err
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			err = path.Err
		}
		return "", nil, usagef("--planner %s: %v", planner, err)
	}
	build, all, errRead := rehearsing.Read(out)
	if errRead == nil {
		for d, err := range all {
			if err != nil {
				errRead = err
				break
			}
			decided = append(decided, d)
		}
	}
	_, _ = io.Copy(io.Discard, out)
	err = cmd.Wait()
	if errRead != nil && build == "" {
		return "", nil, usagef("--planner %s: it does not decide over a log: give the `taurus` of a build that knows `taurus %s`", planner, decideName)
	}
	if err := errors.Join(errRead, err); err != nil {
		return "", nil, fmt.Errorf("%s: %w", planner, err)
	}
	return build, decided, nil
}

// compared holds decisions against the log in a file.
func compared(name string, c *rehearsal.Comparison, decided []rehearsal.Decision) ([]rehearsal.Difference, error) {
	in, err := os.Open(name) //nolint:gosec // The user names the file.
	if err != nil {
		return nil, usagef("%v", err)
	}
	defer in.Close()
	state, end := cluster.New(), time.Time{}
	_, err = records(in, func(_ events.Space, rec cluster.Record) error {
		for len(decided) > 0 && decided[0].After < rec.Sequence {
			c.Decided(decided[0])
			decided = decided[1:]
		}
		change, err := state.Apply(rec)
		if err == nil {
			c.Record(rec, change)
			end = rec.Time
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, d := range decided {
		c.Decided(d)
	}
	found := c.Differences(end)
	slices.SortStableFunc(found, func(x, y rehearsal.Difference) int { return int(int64(x.Sequence) - int64(y.Sequence)) })
	return found, nil
}

// rehearsed is the answer as JSON and YAML have it.
type rehearsed struct {
	Build       string                `json:"build"`
	Recorded    uint64                `json:"recorded"`
	Same        uint64                `json:"same"`
	Differences []rehearsedDifference `json:"differences"`
}

type rehearsedDifference struct {
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"`
	Job      string    `json:"job"`
	Cause    uint64    `json:"cause,omitzero"`
	Recorded string    `json:"recorded,omitzero"`
	Decided  string    `json:"decided,omitzero"`
}

func (a *App) showDifferences(c *rehearsal.Comparison, build string, found []rehearsal.Difference) error {
	v := rehearsed{Build: build, Recorded: c.Recorded, Same: c.Same, Differences: []rehearsedDifference{}}
	for _, d := range found {
		v.Differences = append(v.Differences, rehearsedDifference{
			Sequence: d.Sequence, Time: d.Time, Job: d.Job, Cause: d.Cause, Recorded: decisionText(d.Recorded), Decided: decisionText(d.Decided),
		})
	}
	err := a.show(v, func(w io.Writer) error {
		say(w, "%s recorded, %d of them also by %s", count(uint32(v.Recorded), "decision"), v.Same, build)
		for _, d := range v.Differences {
			say(w, "")
			say(w, "%6d  %s  %s%s", d.Sequence, a.clock(d.Time), d.Job, causeText(d.Cause))
			say(w, "        recorded: %s", orNothing(d.Recorded))
			say(w, "        decided:  %s", orNothing(d.Decided))
		}
		return nil
	})
	if err == nil && len(found) > 0 {
		return &statusError{error: errTold, status: ExitFailed}
	}
	return err
}

func causeText(cause uint64) string {
	if cause == 0 {
		return ""
	}
	return fmt.Sprintf(", because of %d", cause)
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// decisionText is a decision in a sentence.
func decisionText(ev events.Event) string {
	if ev == nil {
		return ""
	}
	data, err := json.Marshal(ev)
	if err != nil {
		return ev.Type()
	}
	return story.Tell(projection.Event{Type: ev.Type(), Data: data})
}
