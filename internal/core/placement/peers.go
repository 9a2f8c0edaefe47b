package placement

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// peers counts the tasks of a group that have a place, by attribute and value.
type peers struct {
	counts map[string]map[string]int
	total  int
}

func peersOf(j *cluster.Job, g *job.Group) *peers {
	p := &peers{counts: map[string]map[string]int{}}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Group == g.Name && t.Live() && t.State >= cluster.Staged {
				p.add(t.Hostname, t.Attributes)
			}
		}
	}
	return p
}

func (p *peers) add(hostname string, attributes map[string]string) {
	p.total++
	p.count(job.AttributeHostname, hostname)
	for name, value := range attributes {
		if name != job.AttributeHostname {
			p.count(name, value)
		}
	}
}

func (p *peers) count(name, value string) {
	if p.counts[name] == nil {
		p.counts[name] = map[string]int{}
	}
	p.counts[name][value]++
}

func (p *peers) on(hostname string) int { return p.counts[job.AttributeHostname][hostname] }
