package placement

import (
	"cmp"
	"math"
	"regexp"
	"slices"
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
	// Attributes are those of the agent that the group's constraints speak of.
	Attributes map[string]string
}

// Placement is all that goes to one agent, in one ACCEPT.
type Placement struct {
	AgentID, Hostname, AgentURL, Role string
	Offers                            []string
	Tasks                             []Placed
}

// Matcher matches again and again. It remembers the expressions of constraints
// that it has compiled, and nothing that an answer depends on. The zero value is
// ready; it is not safe for concurrent use.
type Matcher struct {
	expressions map[string]*regexp.Regexp // by value; nil for one that is none
}

// Match is the answer of a new Matcher.
func Match(offers []offer.Offer, demands []Demand, limit int, now time.Time) ([]Placement, []Verdict) {
	var m Matcher
	return m.Match(offers, demands, limit, now)
}

// Match places demands on offers, the most urgent first (priority, then age),
// each task on the agent that runs the fewest of its group. It places at most
// limit tasks. Demands that are left with tasks get a verdict.
func (m *Matcher) Match(offers []offer.Offer, demands []Demand, limit int, now time.Time) ([]Placement, []Verdict) {
	all := vacancies(offers)
	sorted := slices.Clone(demands)
	slices.SortStableFunc(sorted, compareUrgency)
	var verdicts []Verdict
	for _, d := range sorted {
		w := m.want(d, now)
		placed := place(all, d, w, limit)
		limit -= placed
		if placed < len(d.Tasks) && limit > 0 {
			verdicts = append(verdicts, verdictOf(all, d, w, len(d.Tasks)-placed))
		}
	}
	var placements []Placement
	for _, v := range all {
		if len(v.placed) == 0 {
			continue
		}
		placements = append(placements, Placement{
			AgentID: v.agentID, Hostname: v.hostname, AgentURL: v.agentURL, Role: v.role,
			Offers: v.offers, Tasks: v.placed,
		})
	}
	return placements, verdicts
}

func compareUrgency(a, b Demand) int {
	return cmp.Or(
		cmp.Compare(b.Group.Priority, a.Group.Priority),
		a.Tasks[0].PlannedAt.Compare(b.Tasks[0].PlannedAt),
		cmp.Compare(a.Job.ID, b.Job.ID),
		cmp.Compare(a.Group.Name, b.Group.Name),
	)
}

// place puts tasks of a demand into vacancies and returns how many found one.
func place(all []*vacancy, d Demand, w *want, limit int) int {
	for n, t := range d.Tasks {
		if n >= limit {
			return n
		}
		best := choose(all, w)
		if best == nil {
			return n
		}
		ports, _ := best.pick(d.Group.Ports)
		best.occupy(w.use, ports)
		best.placed = append(best.placed, Placed{
			Task: t, Group: d.Group, HostPorts: ports, Resources: w.use,
			Attributes: relevant(d.Group, best.attributes),
		})
		w.peers.add(best.hostname, best.attributes)
	}
	return len(d.Tasks)
}

// choose returns the vacancy that fits and runs the fewest peers, the freest of
// those; nil if none fits.
func choose(all []*vacancy, w *want) *vacancy {
	var best *vacancy
	for _, v := range all {
		if best != nil && !better(v, best, w.peers) {
			continue
		}
		if w.fits(v) {
			best = v
		}
	}
	return best
}

func better(a, b *vacancy, peers *peers) bool {
	if na, nb := peers.on(a.hostname), peers.on(b.hostname); na != nb {
		return na < nb
	}
	return a.free.CPUs > b.free.CPUs
}

// Needs is what one task of the group uses.
func Needs(g *job.Group) offer.Resources {
	return offer.Resources{
		CPUs: milli(g.Resources.CPU), Mem: milli(g.Resources.Memory),
		Disk: milli(g.Resources.Disk), GPUs: milli(float64(g.Resources.GPUs)),
	}
}

func milli(v float64) offer.Milli { return offer.Milli(math.Round(v * 1000)) }

// relevant keeps the attributes that constraints of the group speak of, but the
// host name, which is kept anyway.
func relevant(g *job.Group, attributes map[string]string) map[string]string {
	var kept map[string]string
	for _, c := range g.Constraints {
		value, ok := attributes[c.Attribute]
		if !ok || c.Attribute == job.AttributeHostname {
			continue
		}
		if kept == nil {
			kept = map[string]string{}
		}
		kept[c.Attribute] = value
	}
	return kept
}
