package planning

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/policy"
)

// permit is what the policy lets a job start anew. It is asked only of what is about to be
// planned: what runs goes on.
type permit struct {
	around Around
	job    *cluster.Job
	// version is the one that was asked about last, forbidden the answer: slots in a row ask
	// about the same.
	version   uint64
	forbidden bool
	// admitted is how many tasks of each group quotas leave room for, once it was asked.
	admitted map[string]int
	asked    bool
}

// forbids reports whether no task of a version is started anew.
func (p *permit) forbids(version uint64) bool {
	if p.around == nil {
		return false
	}
	if version != p.version { // There is no version 0.
		p.version, p.forbidden = version, len(p.around.Forbidden(p.job, version)) > 0
	}
	return p.forbidden
}

// admits is how many of the tasks that a group wants may be started anew.
func (p *permit) admits(group string, wanted int) int {
	if p.around == nil {
		return wanted
	}
	if !p.asked {
		p.asked = true
		for i, a := range p.around.Admitted(p.job) {
			if p.admitted == nil {
				p.admitted = map[string]int{}
			}
			p.admitted[p.job.Spec.Tasks[i].Name] = int(a.Tasks)
		}
	}
	if n, bounded := p.admitted[group]; bounded {
		return min(n, wanted)
	}
	return wanted
}

// holds reports whether a rollout, or a move, would end tasks in whose place none is started.
func (p *permit) holds() bool {
	if p.forbids(p.job.Target) {
		return true
	}
	for i := range p.job.Spec.Tasks {
		g := &p.job.Spec.Tasks[i]
		if p.admits(g.Name, int(g.Replicas)) < int(g.Replicas) {
			return true
		}
	}
	return false
}

// Forbids says why no task of what is wanted of a job is started anew, false if it may be.
func Forbids(around Around, j *cluster.Job) (why policy.Violation, forbidden bool) {
	if around == nil || j.Spec == nil || j.Over() {
		return why, false
	}
	if all := around.Forbidden(j, j.Target); len(all) > 0 {
		return all[0], true
	}
	return why, false
}
