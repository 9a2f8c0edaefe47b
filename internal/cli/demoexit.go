package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/engine"
	"github.com/milosgajdos/taurus/internal/projection"
)

// demoOnce shows the job run and be stopped, and leaves nothing running. Data of
// its own go too, unless something went wrong and the logs are wanted.
func (a *App) demoOnce(ctx context.Context, f demoFlags) error {
	data, own := f.data, f.data == ""
	if own {
		var err error
		if data, err = os.MkdirTemp("", "taurus-demo-"); err != nil {
			return fmt.Errorf("data directory: %w", err)
		}
	}
	data, err := dataDir(data)
	if err != nil {
		return err
	}
	err = a.demoThrough(ctx, data, f)
	if own {
		err = errors.Join(err, a.tidy(context.WithoutCancel(ctx), data, err == nil))
	}
	if err != nil {
		return fmt.Errorf("%w\n  logs: %s", err, filepath.Join(data, "logs"))
	}
	say(a.Err, "nothing is left running")
	return nil
}

// tidy removes the containers of a run that kept nothing, and its data if all
// went well.
func (a *App) tidy(ctx context.Context, data string, well bool) error {
	if docker, err := engine.Find(ctx); err == nil {
		_, err = docker.Remove(ctx, data)
		err = errors.Join(err, docker.RemoveDemo(ctx), docker.Close())
		if err != nil {
			return err
		}
	}
	if !well {
		return nil
	}
	if err := os.RemoveAll(data); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

// demoThrough goes through it all: start, run, stop.
func (a *App) demoThrough(ctx context.Context, data string, f demoFlags) error {
	s, err := a.raise(ctx, data, f)
	if err != nil {
		return err
	}
	err = s.once(ctx)
	if err != nil {
		err = errors.Join(err, s.why(context.WithoutCancel(ctx)))
	}
	say(a.Err, "stopping")
	return errors.Join(err, s.lower())
}

// once sees the job run, stops it, and sees it end.
func (s *stage) once(ctx context.Context) error {
	from, err := s.findOrSubmit(ctx)
	if err != nil {
		return err
	}
	if from, err = s.until(ctx, from, s.running); err != nil {
		return fmt.Errorf("the tasks of %s do not all run: %w", s.id, err)
	}
	say(s.Out, "all %d tasks run", s.want)
	if err := s.containers(ctx); err != nil {
		return err
	}
	if _, err := s.api.Stop(ctx, s.id, "the demo ends"); err != nil {
		return fmt.Errorf("stop %s: %w", s.id, err)
	}
	say(s.Out, "stopping %s", s.id)
	if _, err = s.until(ctx, from, func() bool { return over(s.now.State) }); err != nil {
		return fmt.Errorf("the tasks of %s do not all end: %w", s.id, err)
	}
	tasks, err := s.api.Tasks(ctx, s.id, "")
	if err != nil {
		return err
	}
	if killed := states(tasks)["KILLED"]; killed < s.want {
		return fmt.Errorf("only %d of %d tasks of %s were killed: %v", killed, s.want, s.id, states(tasks))
	}
	say(s.Out, "%s is %s: all %d tasks were killed", s.id, s.now.State, s.want)
	return nil
}

// states counts tasks by state.
func states(tasks []projection.Task) map[string]int {
	n := map[string]int{}
	for _, t := range tasks {
		n[t.State]++
	}
	return n
}

// bounded bounds a step that nobody watches.
func (s *stage) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, demoPatience, fmt.Errorf("not so after %v", demoPatience))
}

// until shows what happens until something is so, and returns where it was.
func (s *stage) until(ctx context.Context, from uint64, is func() bool) (uint64, error) {
	if is() {
		return from, nil
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err := s.api.Follow(ctx, client.Feed{Job: s.id, From: from}, s.lost, func(e projection.Event) error {
		from = e.Sequence + 1
		s.show(e)
		if is() {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return from, err
}

// containers shows the real containers, where there are any.
func (s *stage) containers(ctx context.Context) error {
	if s.docker == nil {
		return nil
	}
	list, err := s.docker.Containers(ctx, s.data, false)
	if err != nil {
		return err
	}
	for _, c := range list {
		const short = 12
		say(s.Out, "  container %s  %s  %s", c.ID[:min(short, len(c.ID))], c.Name, c.State)
	}
	if len(list) != s.want {
		return fmt.Errorf("docker has %d containers of the job, not %d", len(list), s.want)
	}
	return nil
}

// why adds what the API says about a job that does not do as it should.
func (s *stage) why(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.AskPatience)
	defer cancel()
	e, err := s.api.Explain(ctx, s.id, "")
	if err != nil {
		return nil
	}
	return fmt.Errorf("%s is %s: %s", s.id, e.State, e.Summary)
}
