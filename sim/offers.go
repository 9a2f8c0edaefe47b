package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/mesos"
)

type pendingOffer struct {
	agentID string
	cpus    offer.Milli
	mem     offer.Milli
}

// offerAll offers what is free.
func (m *Mesos) offerAll() {
	if m.sub == nil || m.sub.suppressed {
		return
	}
	var batch []offer.Offer
	for _, id := range slices.Sorted(maps.Keys(m.agents)) {
		a := m.agents[id]
		cpus, mem := m.free(a)
		if !a.connected || cpus < 100 || mem < 32_000 || time.Now().Before(m.filters[id]) {
			continue
		}
		m.offerSeq++
		o := offer.Offer{
			ID: fmt.Sprintf("O%d", m.offerSeq), AgentID: id, Hostname: a.host, Role: "*",
			Resources: offer.Resources{CPUs: cpus, Mem: mem}, Ports: []offer.PortRange{{Begin: 31000, End: 31999}},
		}
		m.offers[o.ID] = &pendingOffer{agentID: id, cpus: cpus, mem: mem}
		batch = append(batch, o)
	}
	if len(batch) > 0 {
		m.emit(mesos.Offers{Offers: batch})
	}
}

func (m *Mesos) free(a *agent) (cpus, mem offer.Milli) {
	cpus, mem = a.cpus, a.mem
	for _, t := range m.tasks {
		if t.agentID == a.id && t.alive {
			cpus, mem = cpus-t.launch.Resources.CPUs, mem-t.launch.Resources.Mem
		}
	}
	for _, o := range m.offers {
		if o.agentID == a.id {
			cpus, mem = cpus-o.cpus, mem-o.mem
		}
	}
	return cpus, mem
}
