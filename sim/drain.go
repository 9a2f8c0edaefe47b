package sim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/sim/world"
)

// drain has a user want nothing to run on an agent, or on its host, some time with a
// deadline.
func (r *Run) drain() {
	a := r.World.Master.Agents[r.agent()]
	c := submission.Drain{Place: cluster.Place{Hostname: a.Host}}
	if r.rng.IntN(2) == 0 {
		c = submission.Drain{Place: cluster.Place{AgentID: a.ID}, Hostname: a.Host}
	}
	if r.rng.IntN(3) == 0 {
		c.Deadline = r.World.Now.Add(r.upTo(3 * time.Minute))
	}
	r.askAgents(fmt.Sprintf("drain %s until %s", c.Place, c.Deadline.Format(time.TimeOnly)), c)
}

// undrain has a user want a place back that is drained, or one that is not.
func (r *Run) undrain() {
	place := cluster.Place{Hostname: r.World.Master.Agents[r.agent()].Host}
	if drained := r.drained(); len(drained) > 0 {
		place = drained[r.rng.IntN(len(drained))]
	}
	r.askAgents("undrain "+place.String(), submission.Undrain{Place: place})
}

// drained are the places that are drained.
func (r *Run) drained() []cluster.Place {
	return slices.SortedFunc(maps.Keys(r.World.Referee.Agents.Drains), func(a, b cluster.Place) int {
		return cmp.Or(cmp.Compare(a.Hostname, b.Hostname), cmp.Compare(a.AgentID, b.AgentID))
	})
}

// askAgents gives a command about agents to a commander that runs. Its user may lose
// patience.
func (r *Run) askAgents(what string, c submission.AgentCommand) {
	i := r.one("commander")
	if p := r.World.Processes[i]; p.Alive {
		r.act(fmt.Sprintf("a user asks %s to %s", p.Name, what), func() { r.abandon(r.World.AskAgents(i, c)) })
	}
}

// abandon may have the user of a command go away before it is answered.
func (r *Run) abandon(a *world.Ask) {
	if r.rng.IntN(8) == 0 {
		r.after(r.upTo(3*time.Second), "a user leaves", func() { r.World.Leave(a) })
	}
}

// maintain announces that an agent is away some time soon, for a while or nobody knows
// for how long.
func (r *Run) maintain() {
	a := r.agent()
	from := r.World.Now.Add(r.upTo(15 * time.Minute))
	var until time.Time
	if r.rng.IntN(2) == 0 {
		until = from.Add(r.upTo(10 * time.Minute))
	}
	r.act(fmt.Sprintf("maintenance of S%d from %s", a, from.Format(time.TimeOnly)), func() { r.World.Maintain(a, from, until) })
}

func (r *Run) endMaintenance() {
	a := r.agent()
	r.act(fmt.Sprintf("no maintenance of S%d", a), func() { r.World.EndMaintenance(a) })
}

// restoreMost has users want all but one place back: what is on that one has room
// elsewhere. A gang needs them all.
func (r *Run) restoreMost() {
	places := r.drained()
	if gang := r.World.Referee.Jobs["gang"]; len(places) > 0 && (gang == nil || gang.Over()) {
		places = slices.Delete(places, 0, 1)
	}
	for _, p := range places {
		r.World.AskAgents(r.names["commander"][0], submission.Undrain{Place: p})
	}
}
