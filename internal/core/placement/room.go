package placement

import (
	"cmp"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// room is what one agent offers to one role, all its offers together.
type room struct {
	agentID, hostname, agentURL, role string
	offers                            []string
	free                              offer.Resources
	ports                             []offer.PortRange
	attributes                        map[string]string
	unavailableFrom                   int64
	placed                            []Placed
}

// rooms puts the offers of each agent and role together, in order of agent.
func rooms(offers []offer.Offer) []*room {
	type key struct{ agent, role string }
	found := map[key]*room{}
	for _, o := range offers {
		k := key{o.AgentID, o.Role}
		r := found[k]
		if r == nil {
			r = &room{
				agentID: o.AgentID, hostname: o.Hostname, agentURL: o.AgentURL, role: o.Role,
				attributes: map[string]string{job.AttributeHostname: o.Hostname}, unavailableFrom: o.UnavailableFrom,
			}
			for _, a := range o.Attributes {
				r.attributes[a.Name] = a.Value
			}
			found[k] = r
		}
		r.offers = append(r.offers, o.ID)
		r.free = plus(r.free, o.Resources)
		r.ports = append(r.ports, o.Ports...)
	}
	all := make([]*room, 0, len(found))
	for _, r := range found {
		slices.Sort(r.offers)
		slices.SortFunc(r.ports, func(a, b offer.PortRange) int { return cmp.Compare(a.Begin, b.Begin) })
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *room) int {
		return cmp.Or(cmp.Compare(a.agentID, b.agentID), cmp.Compare(a.role, b.role))
	})
	return all
}

func plus(a, b offer.Resources) offer.Resources {
	return offer.Resources{CPUs: a.CPUs + b.CPUs, Mem: a.Mem + b.Mem, Disk: a.Disk + b.Disk, GPUs: a.GPUs + b.GPUs}
}

func minus(a, b offer.Resources) offer.Resources {
	return offer.Resources{CPUs: a.CPUs - b.CPUs, Mem: a.Mem - b.Mem, Disk: a.Disk - b.Disk, GPUs: a.GPUs - b.GPUs}
}

// pick chooses a host port for each of the group's ports without taking them:
// the ones asked for, and the lowest free ones for the rest.
func (r *room) pick(ports []job.Port) ([]uint32, bool) {
	if len(ports) == 0 {
		return nil, true
	}
	taken := map[uint32]bool{}
	picked := make([]uint32, len(ports))
	for i, p := range ports {
		if p.Host == 0 {
			continue
		}
		if !r.offersPort(p.Host) {
			return nil, false
		}
		picked[i], taken[p.Host] = p.Host, true
	}
	for i, p := range ports {
		if p.Host != 0 {
			continue
		}
		n, ok := r.lowestPort(taken)
		if !ok {
			return nil, false
		}
		picked[i], taken[n] = n, true
	}
	return picked, true
}

func (r *room) offersPort(n uint32) bool {
	for _, rg := range r.ports {
		if rg.Begin <= n && n <= rg.End {
			return true
		}
	}
	return false
}

func (r *room) lowestPort(taken map[uint32]bool) (uint32, bool) {
	for _, rg := range r.ports {
		for n := uint64(rg.Begin); n <= uint64(rg.End); n++ {
			if !taken[uint32(n)] {
				return uint32(n), true
			}
		}
	}
	return 0, false
}

// take removes resources and ports from the room.
func (r *room) take(use offer.Resources, ports []uint32) {
	r.free = minus(r.free, use)
	for _, p := range ports {
		r.ports = without(r.ports, p)
	}
}

func without(ranges []offer.PortRange, p uint32) []offer.PortRange {
	var left []offer.PortRange
	for _, rg := range ranges {
		if p < rg.Begin || p > rg.End {
			left = append(left, rg)
			continue
		}
		if rg.Begin < p {
			left = append(left, offer.PortRange{Begin: rg.Begin, End: p - 1})
		}
		if p < rg.End {
			left = append(left, offer.PortRange{Begin: p + 1, End: rg.End})
		}
	}
	return left
}
