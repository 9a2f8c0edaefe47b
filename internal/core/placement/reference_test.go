package placement_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// running is a job with a task of a state on a host.
func running(id string, state cluster.TaskState, hostname, agentID string, attributes map[string]string) *cluster.Job {
	task := &cluster.Task{Job: id, Group: "g", State: state, Hostname: hostname, AgentID: agentID, Attributes: attributes}
	return &cluster.Job{ID: id, Run: 1, Slots: map[uint32]*cluster.Slot{0: {Tasks: []*cluster.Task{task}}}}
}

// TestOtherJobs: h1 and h2 in rack r1, h3 in r2, h4 without; the other job's task is on h1,
// unless it is told otherwise.
func TestOtherJobs(t *testing.T) {
	offers := []offer.Offer{
		agent(1, 9, 900, rack("r1")), agent(2, 9, 900, rack("r1")), agent(3, 9, 900, rack("r2")), agent(4, 9, 900),
	}
	there := running("db", cluster.Running, "h1", "S1", map[string]string{"rack": "r1"})
	for _, c := range []struct {
		name, attribute, operator string
		other                     *cluster.Job
		want                      map[string]int
	}{
		{"with on the host", "hostname", job.OpWithJob, there, map[string]int{"h1": 3}},
		{"without on the host", "hostname", job.OpWithoutJob, there, map[string]int{"h2": 1, "h3": 1, "h4": 1}},
		{"with in the rack", "rack", job.OpWithJob, there, map[string]int{"h1": 2, "h2": 1}},
		{"without in the rack", "rack", job.OpWithoutJob, there, map[string]int{"h3": 2, "h4": 1}},
		{"staged", "hostname", job.OpWithJob, running("db", cluster.Staged, "h2", "S2", nil), map[string]int{"h2": 3}},
		{"over", "hostname", job.OpWithJob, running("db", cluster.Finished, "h2", "S2", nil), map[string]int{}},
		{"waiting", "hostname", job.OpWithJob, running("db", cluster.Waiting, "", "", nil), map[string]int{}},
		{"not there", "hostname", job.OpWithJob, nil, map[string]int{}},
		{"not there, without", "hostname", job.OpWithoutJob, nil, map[string]int{"h1": 1, "h2": 1, "h3": 1}},
		{"staged before attributes were noted", "rack", job.OpWithJob, running("db", cluster.Running, "h3", "S3", nil), map[string]int{"h3": 3}},
		{"on an agent without the attribute", "rack", job.OpWithJob, running("db", cluster.Running, "h4", "S4", nil), map[string]int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := demand("web", 3, job.Constraint{Attribute: c.attribute, Operator: c.operator, Value: "db"})
			q := question(offers, []placement.Demand{d}, 100)
			if c.other != nil {
				q.Jobs = map[string]*cluster.Job{"db": c.other}
			}
			var m placement.Matcher
			placements, verdicts := m.Match(q)
			if got := hosts(placements); !maps.Equal(got, c.want) {
				t.Errorf("placed %v, want %v", got, c.want)
			}
			if len(c.want) == 0 && (len(verdicts) != 1 || verdicts[0].Reasons["constraint "+c.attribute+" "+c.operator] != 4) {
				t.Errorf("verdicts %+v", verdicts)
			}
		})
	}
}

// TestJobsOfOneQuestion: what got a place just now may not keep it, so nobody goes beside
// it; but who wants to be away from it is.
func TestJobsOfOneQuestion(t *testing.T) {
	db := demand("db", 1)
	db.Group.Priority = 9
	offers := []offer.Offer{agent(1, 9, 900), agent(2, 8, 900)}
	for operator, want := range map[string]map[string]int{
		job.OpWithJob: {"h1": 1}, job.OpWithoutJob: {"h1": 1, "h2": 2},
	} {
		web := demand("web", 2, job.Constraint{Attribute: "hostname", Operator: operator, Value: "db"})
		q := question(offers, []placement.Demand{web, db}, 100)
		q.Jobs = map[string]*cluster.Job{"web": web.Job, "db": db.Job}
		var m placement.Matcher
		placements, _ := m.Match(q)
		if got := hosts(placements); !maps.Equal(got, want) {
			t.Errorf("%s: placed %v, want %v", operator, got, want)
		}
	}
}

// TestComplaintsOfOtherJobs: a verdict names the other job.
func TestComplaintsOfOtherJobs(t *testing.T) {
	for operator, want := range map[string]string{
		job.OpWithJob: "hostname: h2 runs no task of the job db", job.OpWithoutJob: "hostname: h1 runs a task of the job db",
	} {
		d := demand("web", 1, job.Constraint{Attribute: "hostname", Operator: operator, Value: "db"})
		o := agent(1, 9, 900)
		if operator == job.OpWithJob {
			o = agent(2, 9, 900)
		}
		q := question([]offer.Offer{o}, []placement.Demand{d}, 100)
		q.Jobs = map[string]*cluster.Job{"db": running("db", cluster.Running, "h1", "S1", nil)}
		var m placement.Matcher
		_, verdicts := m.Match(q)
		if len(verdicts) != 1 || !slices.Equal(verdicts[0].Nearest.Lacked, []string{want}) {
			t.Errorf("%s: %+v, want %q", operator, verdicts, want)
		}
	}
}

// TestAttributesAreNoted with every task, as somebody may ask for them later, within
// bounds but for those that the group itself speaks of.
func TestAttributesAreNoted(t *testing.T) {
	long := strings.Repeat("x", 300)
	attributes := []offer.Attribute{{Name: "a-long-one", Value: long}, {Name: "rack", Value: "r1"}, {Name: "hostname", Value: "h1"}}
	for n := range 40 {
		attributes = append(attributes, offer.Attribute{Name: fmt.Sprintf("b%02d", n), Value: "1"})
	}
	o := agent(1, 9, 900, attributes...)
	silent, speaking := demand("silent", 1), demand("speaking", 1, job.Constraint{Attribute: "rack", Operator: job.OpIs, Value: "r1"})
	speaking.Group.Spread = []job.Spread{{Attribute: "a-long-one", Weight: 1}}
	placements, _ := placement.Match([]offer.Offer{o}, []placement.Demand{silent, speaking}, 100, now)
	for _, p := range placements[0].Tasks {
		want := 32
		if p.Task.Job == "speaking" {
			want = 34
		}
		if len(p.Attributes) != want || (p.Attributes["rack"] == "r1") != (want == 34) || (p.Attributes["a-long-one"] == long) != (want == 34) {
			t.Errorf("%s: %d attributes", p.Task.Job, len(p.Attributes))
		}
		if _, has := p.Attributes["hostname"]; has {
			t.Error("the host name is noted twice")
		}
	}
}
