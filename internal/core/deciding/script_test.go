package deciding_test

import (
	"errors"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/machine/script"
	"github.com/milosgajdos/taurus/pkg/events"
)

// closer is a policy that completes each job ten seconds after it was submitted.
type closer struct{ space events.Space }

func (closer) Role() string                { return "closer" }
func (c closer) Subject(job string) string { return c.space.Plan(job) }
func (closer) Last(j *cluster.Job) uint64  { return j.LastPlan }

func (closer) Decide(_ *cluster.State, j *cluster.Job, now time.Time, _ deciding.Takes) deciding.Proposal {
	due := j.SubmittedAt.Add(10 * time.Second)
	switch {
	case j.Outcome != cluster.OutcomeNone:
		return deciding.Proposal{}
	case now.Before(due):
		return deciding.Proposal{Wake: due}
	}
	return deciding.Proposal{Event: events.JobCompleted{Run: j.Run}, Cause: j.LastJob}
}

// TestScripts plays testdata: "shared: web api" makes the partitions of those jobs
// the machine's own, "shared:" all, and "shared: none" none.
func TestScripts(t *testing.T) {
	script.Test(t, "testdata/*.txt", func(*testing.T) script.Rig {
		state, space := cluster.New(), events.NewSpace(0)
		m := deciding.New(closer{space}, space, "one", state)
		return script.Rig{
			Machine: m, State: state, Space: space, Source: m.Source(),
			Input: func(l *script.Line, _ machine.Moment) (machine.Input, error) {
				if l.Name != "shared" {
					return nil, errors.New("no such line")
				}
				jobs := l.Rest()
				if len(jobs) == 0 {
					return deciding.Shared{}, nil
				}
				mine := make([]bool, space.Partitions())
				for _, id := range jobs {
					mine[space.Partition(id)] = id != "none"
				}
				return deciding.Shared{Mine: mine}, nil
			},
		}
	})
}

func (closer) Concerned(*cluster.State, string) []string { return nil }
