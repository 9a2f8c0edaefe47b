package placement

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// peers counts tasks that have a place, by attribute and value.
type peers struct {
	// speaks are the attributes that are counted beside the host name; nil for all.
	speaks []string
	counts map[string]map[string]int
	total  int
}

func newPeers(speaks []string) *peers {
	return &peers{speaks: speaks, counts: map[string]map[string]int{}}
}

// placed reports whether a task has a place that may be in use.
func placed(t *cluster.Task) bool { return t.Live() && t.State >= cluster.Staged }

func (p *peers) add(hostname string, attributes map[string]string) {
	p.total++
	p.count(job.AttributeHostname, hostname, 1)
	p.each(attributes, 1)
}

func (p *peers) remove(hostname string, attributes map[string]string) {
	p.total--
	p.count(job.AttributeHostname, hostname, -1)
	p.each(attributes, -1)
}

func (p *peers) each(attributes map[string]string, n int) {
	for name, value := range attributes {
		if name != job.AttributeHostname && (p.speaks == nil || slices.Contains(p.speaks, name)) {
			p.count(name, value, n)
		}
	}
}

func (p *peers) count(name, value string, n int) {
	if p.counts[name] == nil {
		p.counts[name] = map[string]int{}
	}
	if p.counts[name][value] += n; p.counts[name][value] == 0 {
		delete(p.counts[name], value)
	}
}

func (p *peers) on(hostname string) int { return p.counts[job.AttributeHostname][hostname] }
