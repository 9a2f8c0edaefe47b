package placement

import (
	"cmp"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// vacancy is what one agent offers to one role, all its offers together.
type vacancy struct {
	agentID, hostname, agentURL, role string
	offers                            []string
	free                              offer.Resources
	ports                             []offer.PortRange
	attributes                        map[string]string
	unavailableFrom                   int64
	placed                            []Placed
}

// vacancies puts the offers of each agent and role together, in order of agent.
func vacancies(offers []offer.Offer) []*vacancy {
	type key struct{ agent, role string }
	found := map[key]*vacancy{}
	for _, o := range offers {
		k := key{o.AgentID, o.Role}
		v := found[k]
		if v == nil {
			v = &vacancy{
				agentID: o.AgentID, hostname: o.Hostname, agentURL: o.AgentURL, role: o.Role,
				attributes: map[string]string{job.AttributeHostname: o.Hostname}, unavailableFrom: o.UnavailableFrom,
			}
			for _, a := range o.Attributes {
				v.attributes[a.Name] = a.Value
			}
			found[k] = v
		}
		v.offers = append(v.offers, o.ID)
		v.free = plus(v.free, o.Resources)
		v.ports = append(v.ports, o.Ports...)
	}
	all := make([]*vacancy, 0, len(found))
	for _, v := range found {
		slices.Sort(v.offers)
		slices.SortFunc(v.ports, func(a, b offer.PortRange) int { return cmp.Compare(a.Begin, b.Begin) })
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b *vacancy) int {
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

// pick chooses a host port for each of the group's ports and occupies none: the
// ones asked for, and the lowest free ones for the rest.
func (v *vacancy) pick(ports []job.Port) ([]uint32, bool) {
	if len(ports) == 0 {
		return nil, true
	}
	taken := map[uint32]bool{}
	picked := make([]uint32, len(ports))
	for i, p := range ports {
		if p.Host == 0 {
			continue
		}
		if !v.offersPort(p.Host) {
			return nil, false
		}
		picked[i], taken[p.Host] = p.Host, true
	}
	for i, p := range ports {
		if p.Host != 0 {
			continue
		}
		n, ok := v.lowestPort(taken)
		if !ok {
			return nil, false
		}
		picked[i], taken[n] = n, true
	}
	return picked, true
}

func (v *vacancy) offersPort(n uint32) bool {
	for _, rg := range v.ports {
		if rg.Begin <= n && n <= rg.End {
			return true
		}
	}
	return false
}

func (v *vacancy) lowestPort(taken map[uint32]bool) (uint32, bool) {
	for _, rg := range v.ports {
		for n := uint64(rg.Begin); n <= uint64(rg.End); n++ {
			if !taken[uint32(n)] {
				return uint32(n), true
			}
		}
	}
	return 0, false
}

// occupy removes what a task uses from what is free.
func (v *vacancy) occupy(use offer.Resources, ports []uint32) {
	v.free = minus(v.free, use)
	for _, p := range ports {
		v.ports = without(v.ports, p)
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
