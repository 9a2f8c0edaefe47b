package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestRunFollowsARollout to its end, whatever that is.
func TestRunFollowsARollout(t *testing.T) {
	const (
		before = "id: web\ntasks:\n- name: web\n  replicas: 1\n  container: {image: one}\n"
		after  = "id: web\ntasks:\n- name: web\n  replicas: 1\n  container: {image: two}\n"
	)
	ended := func(outcome, reason string) func(run, began uint64) []events.Event {
		return func(run, began uint64) []events.Event {
			return []events.Event{events.RolloutEnded{Run: run, Version: 2, Began: began, Outcome: outcome, Reason: reason}}
		}
	}
	rows := map[string]struct {
		then   func(run, began uint64) []events.Event
		status int
		says   string
	}{
		"succeeded": {ended(events.RolloutSucceeded, ""), 0, "job web: the rollout of version 2 succeeded\n"},
		"failed":    {ended(events.RolloutFailed, "nothing came up"), 1, "job web: the rollout of version 2 failed: nothing came up\n"},
		"rolled back": {func(run, began uint64) []events.Event {
			return []events.Event{
				events.RolloutReverted{Run: run, Version: 2, Began: began, To: 1, Reason: "nothing came up"},
				events.RolloutEnded{Run: run, Version: 1, Began: began + 1, Outcome: events.RolloutSucceeded},
			}
		}, 1, "job web: the rollout of version 2 was rolled back: nothing came up; version 1 stands again\n"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			c, stop, err := newCluster("admin")
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := stop(); err != nil {
					t.Error(err)
				}
			}()
			if status, _, told := with(t, c.url, before, "run", "-"); status != 0 {
				t.Fatalf("run: %d, %s", status, told)
			}
			played := make(chan error, 1)
			go func() { played <- c.afterUpdate(t.Context(), row.then) }()
			status, out, told := with(t, c.url, after, "run", "-", "--wait", "--timeout", "30s")
			if err := <-played; err != nil {
				t.Fatal(err)
			}
			if status != row.status || out != row.says {
				t.Errorf("exit %d, %q; want %d, %q\n%s", status, out, row.status, row.says, told)
			}
			if !strings.Contains(told, "job web: updated to version 2\n") {
				t.Errorf("told %s", told)
			}
		})
	}
}

// afterUpdate waits until a job is updated, and appends what the planner would then.
func (c *cluster) afterUpdate(ctx context.Context, then func(run, began uint64) []events.Event) error {
	ctx, cancel := context.WithTimeout(ctx, testwait.Patience)
	defer cancel()
	run := uint64(0)
	for rec, err := range c.log.Read(ctx, 1, 0) {
		switch {
		case err != nil:
			return fmt.Errorf("job web is not updated: %w", err)
		case rec.Subject == c.space.Job("web") && run == 0:
			run = rec.Sequence
		case rec.Subject == c.space.Job("web"):
			for _, ev := range then(run, rec.Sequence) {
				if _, err := c.append(ctx, c.space.Plan("web"), ev); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return errors.New("the log ended before job web was updated")
}

// TestRolloutThatIsOverAlready: by the time of the answer to an update its rollout may
// have ended; how is told all the same, and nothing is waited for.
func TestRolloutThatIsOverAlready(t *testing.T) {
	c, stop, err := newCluster("admin")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	const file = "id: web\ntasks:\n- name: web\n  replicas: 1\n  container: {image: %s}\n"
	for _, image := range []string{"one", "two"} {
		if status, _, told := with(t, c.url, fmt.Sprintf(file, image), "run", "-"); status != 0 {
			t.Fatalf("run: %d, %s", status, told)
		}
	}
	err = c.afterUpdate(t.Context(), func(run, began uint64) []events.Event {
		return []events.Event{
			events.RolloutReverted{Run: run, Version: 2, Began: began, To: 1, Reason: "nothing came up"},
			events.RolloutEnded{Run: run, Version: 1, Began: began + 1, Outcome: events.RolloutSucceeded},
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	api := client.New(c.url, "")
	var j projection.Job
	testwait.Until(t, "the end of the rollout to be folded", func() bool {
		if j, err = api.Job(t.Context(), "web", ""); err != nil {
			t.Fatal(err)
		}
		return !j.Rollout.EndedAt.IsZero()
	})
	j.Update = &projection.Update{Outcome: projection.UpdateUpdated, Version: 2}
	var out bytes.Buffer
	a := cli.NewApp()
	a.Out, a.Err, a.Now, a.Terminal, a.ErrTerminal = &out, &out, present, false, false
	err = a.AwaitRollout(t.Context(), c.url, j)
	if cli.ExitStatus(err) != cli.ExitFailed || !strings.Contains(out.String(), "the rollout of version 2 was rolled back: nothing came up") {
		t.Errorf("%v, %s", err, out.String())
	}
}
