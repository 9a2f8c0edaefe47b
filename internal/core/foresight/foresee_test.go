package foresight_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/foresight"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

var start = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func space() events.Space { return events.NewSpace(0) }

// agents are of two cores each.
func agents(hosts ...string) []foresight.Agent {
	var list []foresight.Agent
	for i, host := range hosts {
		list = append(list, foresight.Agent{
			ID: fmt.Sprintf("S%d", i), Hostname: host, Role: "*", Whole: offer.Resources{CPUs: 2000, Mem: 4096_000},
			Ports: []offer.PortRange{{Begin: 31000, End: 31010}}, Attributes: map[string]string{"rack": "r" + host},
		})
	}
	return list
}

// asks is the question of what a user's command would do.
func asks(t *testing.T, s *cluster.State, id string, c submission.Command) foresight.Question {
	t.Helper()
	ev, err := submission.Decide(s.Jobs[id], c)
	if err != nil {
		t.Fatal(err)
	}
	return foresight.Question{Drafts: []foresight.Draft{{Subject: space().Job(id), Event: ev}}}
}

func submit(t *testing.T, s *cluster.State, spec *job.Spec) foresight.Question {
	t.Helper()
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return asks(t, s, spec.ID, submission.Submit{Spec: data})
}

func ask(s *cluster.State, on []foresight.Agent, q foresight.Question) foresight.Answer {
	return foresight.Foresee(s.Clone(), on, q, space(), start)
}

// running is a state in which jobs run on agents.
func running(t *testing.T, on []foresight.Agent, specs ...*job.Spec) *cluster.State {
	t.Helper()
	s := cluster.New()
	for _, spec := range specs {
		a := ask(s, on, submit(t, s, spec))
		if !a.Settled {
			t.Fatalf("%s does not settle: %+v", spec.ID, a.Steps)
		}
		s = a.State
	}
	return s
}

// told are the steps in short, and then the groups.
func told(a foresight.Answer) string {
	var lines []string
	for _, s := range a.Steps {
		line := fmt.Sprintf("+%s %s %s/%d", s.After.Truncate(time.Second), s.Kind, s.Job, s.Slot)
		switch s.Kind {
		case foresight.Starts, foresight.Restarts:
			line += " on " + s.To
		case foresight.Moves:
			line += " " + s.From + " to " + s.To
		case foresight.Cut, foresight.Ends:
			line += " on " + s.From
		case foresight.Waits:
			line = fmt.Sprintf("+%s waits %s", s.After.Truncate(time.Second), s.Job)
		case foresight.Says:
			line = fmt.Sprintf("+%s %s %s", s.After.Truncate(time.Second), s.Job, s.Event.Type())
		}
		lines = append(lines, line)
	}
	for _, g := range a.Groups {
		lines = append(lines, fmt.Sprintf("%s: %d, %d, %d of %d, %d wait", g.Job, g.Before, g.Lowest, g.After, g.Wanted, g.Waiting))
	}
	return strings.Join(lines, "\n")
}

func TestForesee(t *testing.T) {
	web := clustertest.Service("web", 3) // Of one core each.
	for _, c := range []struct {
		name string
		on   []foresight.Agent
		runs []*job.Spec
		ask  func(t *testing.T, s *cluster.State) foresight.Question
		want string
	}{
		{
			"a job is run", agents("a", "b"), nil,
			func(t *testing.T, s *cluster.State) foresight.Question { return submit(t, s, web) },
			"+1s starts web/0 on a\n+1s starts web/2 on a\n+1s starts web/1 on b\nweb: 0, 0, 3 of 3, 0 wait",
		},
		{
			"there is no room", agents("a"), nil,
			func(t *testing.T, s *cluster.State) foresight.Question { return submit(t, s, web) },
			"+1s starts web/0 on a\n+1s starts web/1 on a\n+1s waits web\nweb: 0, 0, 2 of 3, 1 wait",
		},
		{
			"a job is scaled down", agents("a", "b"),
			[]*job.Spec{web},
			func(t *testing.T, s *cluster.State) foresight.Question {
				return asks(t, s, "web", submission.Scale{Replicas: 1, Limits: job.DefaultLimits()})
			},
			"+0s ends web/1 on b\n+0s ends web/2 on a\nweb: 3, 1, 1 of 1, 0 wait",
		},
		{
			"one goes for good, and not the highest", agents("a", "b"),
			[]*job.Spec{web},
			func(t *testing.T, s *cluster.State) foresight.Question {
				return asks(t, s, "web", submission.Kill{Slots: []uint32{0}, ScaleDown: true, Limits: job.DefaultLimits()})
			},
			"+0s ends web/0 on a\nweb: 3, 2, 2 of 2, 0 wait",
		},
		{
			"a host is lost", agents("a", "b", "c"),
			[]*job.Spec{clustertest.Service("web", 2)},
			func(*testing.T, *cluster.State) foresight.Question { return foresight.Question{Lost: []string{"S0"}} },
			"+0s cut_off web/0 on a\n+5m0s ends web/0 on a\n+5m1s moves web/0 a to c\nweb: 2, 1, 2 of 2, 0 wait",
		},
		{
			"the only room is lost", agents("a"),
			[]*job.Spec{clustertest.Service("web", 1)},
			func(*testing.T, *cluster.State) foresight.Question { return foresight.Question{Lost: []string{"S0"}} },
			"+0s cut_off web/0 on a\n+5m0s ends web/0 on a\n+5m6s waits web\nweb: 1, 0, 0 of 1, 1 wait",
		},
		{
			"another makes room", agents("a"),
			[]*job.Spec{clustertest.Service("web", 2), clustertest.Service("waits", 1)},
			func(t *testing.T, s *cluster.State) foresight.Question {
				return asks(t, s, "web", submission.Scale{Replicas: 1, Limits: job.DefaultLimits()})
			},
			"+0s ends web/1 on a\n+2s starts waits/0 on a\nwaits: 0, 0, 1 of 1, 0 wait\nweb: 2, 1, 1 of 1, 0 wait",
		},
		{
			"nothing", agents("a", "b"),
			[]*job.Spec{web},
			func(*testing.T, *cluster.State) foresight.Question { return foresight.Question{} }, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := running(t, c.on, c.runs...)
			before := s.Clone()
			a := ask(s, c.on, c.ask(t, s))
			if got := told(a); got != c.want || !a.Settled {
				t.Errorf("settled is %v after %s:\n%s\nwant\n%s", a.Settled, a.Took, got, c.want)
			}
			if !reflect.DeepEqual(s, before) {
				t.Error("to ask changed what is")
			}
			if again := ask(s, c.on, c.ask(t, s)); told(again) != told(a) {
				t.Errorf("asked again it is\n%s", told(again))
			}
			if slices.ContainsFunc(a.Groups, func(g foresight.Group) bool { return (g.Waiting > 0) != (g.Reason != "") }) {
				t.Errorf("who waits is not told why: %+v", a.Groups)
			}
		})
	}
}
