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
	// parts are the offers, in order of id, offers their ids.
	parts  []offer.Offer
	offers []string
	// free is what no task has yet, reserved the part of it that is kept for the role.
	free, reserved offer.Resources
	ports          []offer.PortRange
	attributes     map[string]string
	// shared are those of them that are noted with every task; nil until they are needed.
	shared          map[string]string
	unavailableFrom int64
	// closing reports whether the agent goes into maintenance soon.
	closing bool
	// incapable is what the agent is known not to be able to do.
	incapable Incapacity
	// position is where the vacancy is in the order.
	position position
	gone     bool
	placed   []Placed
}

// rebuild makes the vacancy what its offers are.
func (v *vacancy) rebuild() {
	slices.SortFunc(v.parts, func(a, b offer.Offer) int { return cmp.Compare(a.ID, b.ID) })
	first := &v.parts[0]
	v.hostname, v.agentURL, v.unavailableFrom = first.Hostname, first.AgentURL, 0
	v.offers, v.free, v.reserved, v.ports = nil, offer.Resources{}, offer.Resources{}, nil
	v.attributes, v.shared = map[string]string{job.AttributeHostname: first.Hostname}, nil
	for i := range v.parts {
		o := &v.parts[i]
		for _, a := range o.Attributes {
			v.attributes[a.Name] = a.Value
		}
		if from := o.UnavailableFrom; from != 0 && (v.unavailableFrom == 0 || from < v.unavailableFrom) {
			v.unavailableFrom = from
		}
		v.offers = append(v.offers, o.ID)
		v.free = v.free.Plus(o.Resources)
		v.reserved = v.reserved.Plus(o.Reserved)
		v.ports = append(v.ports, o.Ports...)
	}
	slices.SortFunc(v.ports, func(a, b offer.PortRange) int { return cmp.Compare(a.Begin, b.Begin) })
	v.position = v.located()
}

func (v *vacancy) located() position {
	return position{reserved: v.reserved.CPUs > 0 || v.reserved.Mem > 0, cpus: v.free.CPUs, agent: v.agentID, role: v.role}
}

// compare orders vacancies by agent and role.
func (v *vacancy) compare(other *vacancy) int {
	return cmp.Or(cmp.Compare(v.agentID, other.agentID), cmp.Compare(v.role, other.role))
}

// lose takes an offer away.
func (v *vacancy) lose(id string) {
	v.parts = slices.DeleteFunc(v.parts, func(o offer.Offer) bool { return o.ID == id })
}

// atLeastNothing is an amount without what is less than nothing.
func atLeastNothing(r offer.Resources) offer.Resources {
	return offer.Resources{CPUs: max(0, r.CPUs), Mem: max(0, r.Mem), Disk: max(0, r.Disk), GPUs: max(0, r.GPUs)}
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

// occupy removes what a task uses from what is free; what is reserved is used first.
func (v *vacancy) occupy(use offer.Resources, ports []uint32) {
	v.free, v.reserved = v.free.Minus(use), atLeastNothing(v.reserved.Minus(use))
	for _, p := range ports {
		v.ports = offer.Without(v.ports, p)
	}
}
