package placement

import (
	"regexp"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// MaintenanceAhead is how long before its planned maintenance an agent gets no
// new tasks.
const MaintenanceAhead = 10 * time.Minute

// Demand is a group of a job that has tasks waiting for a place.
type Demand struct {
	Job   *cluster.Job
	Group *job.Group
	// Tasks wait and are due, in order of slot.
	Tasks []*cluster.Task
}

// Placed is a task with the place it got.
type Placed struct {
	Task      *cluster.Task
	Group     *job.Group
	HostPorts []uint32
	Resources offer.Resources
	// Attributes are those of the agent, but its host name: others may speak of them later.
	Attributes map[string]string
	// Why says what the group liked about the agent, empty if it likes all the same.
	Why string
}

// Placement is all that goes to one agent, in one ACCEPT.
type Placement struct {
	AgentID, Hostname, AgentURL, Role string
	Offers                            []string
	Tasks                             []Placed
}

// Question is what a matcher is asked.
type Question struct {
	// Offers are those held, by id.
	Offers  map[string]offer.Offer
	Demands []Demand
	// Jobs are all of them, by id, for constraints that name others.
	Jobs map[string]*cluster.Job
	// Incapable are agents, by id, that are known not to keep what a task is limited to.
	Incapable map[string]Incapacity
	// Limit bounds the tasks that are placed.
	Limit int
	// GivingWay are gangs for a part of which nothing is to be kept.
	GivingWay map[Gang]bool
	// Now is the time, Log that of the log, by which tasks wait.
	Now, Log time.Time
}

// Incapacity is what an agent cannot do: limit a task above what it asks for, any at all,
// or those that Mesos itself runs and not Docker.
type Incapacity struct{ Any, ByMesos bool }

// Matcher matches again and again. It remembers what it has compiled, the offers as it
// saw them last, and what did not fit on them, and nothing that an answer depends on. The
// zero value is ready; it is not safe for concurrent use.
type Matcher struct {
	expressions map[string]*regexp.Regexp // by value; nil for one that is none
	field       *field
	classes     map[string]*class
	byGroup     map[*job.Group]*reading
	// question counts the questions.
	question uint64
}

// Match is the answer of a new Matcher.
func Match(offers []offer.Offer, demands []Demand, limit int, now time.Time) ([]Placement, []Verdict) {
	var m Matcher
	held := make(map[string]offer.Offer, len(offers))
	for _, o := range offers {
		held[o.ID] = o
	}
	return m.Match(Question{Offers: held, Demands: demands, Limit: limit, Now: now, Log: now})
}

// Answer is what comes of a question.
type Answer struct {
	Placements []Placement
	Verdicts   []Verdict
	// Kept is the gang for a part of which offers are kept, nil for none.
	Kept *Kept
	// PutOff reports whether a gang was left out as more than the limit would have been placed.
	PutOff bool
}

// Match is Answer for who asks for no gangs.
func (m *Matcher) Match(q Question) ([]Placement, []Verdict) {
	a := m.Answer(q)
	return a.Placements, a.Verdicts
}

// Answer places demands on offers, in fair order, each task on the agent that its group
// likes best, by default the one that runs the fewest of the group. Demands that are left
// with tasks for want of a place get a verdict. Of a gang all get a place, or none.
func (m *Matcher) Answer(q Question) Answer {
	if m.field == nil {
		m.field, m.classes, m.byGroup = newField(), map[string]*class{}, map[*job.Group]*reading{}
	}
	m.question++
	m.field.follow(&q)
	r := newRound(m, q)
	r.serve()
	a := r.answer()
	r.end()
	m.forget()
	return a
}

// Needs is what one task of the group uses.
func Needs(g *job.Group) offer.Resources {
	return offer.Resources{
		CPUs: offer.InMilli(g.Resources.CPU), Mem: offer.InMilli(g.Resources.Memory),
		Disk: offer.InMilli(g.Resources.Disk), GPUs: offer.InMilli(float64(g.Resources.GPUs)),
	}
}
