package core

import (
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/allocator"
	"github.com/mesos/mesos-go/api/v1/lib/maintenance"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// UpdateMaintenance is UPDATE_MAINTENANCE_SCHEDULE: all offers are taken back,
// those that follow carry the unavailability of their machine. It returns the text
// of a 400, or nothing.
func (m *Master) UpdateMaintenance(s maintenance.Schedule) string {
	if why := m.scheduleFault(s); why != "" {
		return why
	}
	m.registry.Schedule = nil
	for _, w := range s.Windows {
		m.registry.Schedule = append(m.registry.Schedule, Window{Machines: w.MachineIDs, Unavailability: w.Unavailability})
	}
	m.queue(SaveRegistry{})
	for _, o := range m.sortedOffers(func(*offer) bool { return true }) {
		m.rescind(o)
	}
	m.dropInverses(func(*inverse) bool { return true })
	for _, a := range m.agents {
		clear(a.maintenance)
	}
	for _, f := range m.frameworks {
		clear(f.inverseFilters)
	}
	m.allocate = true
	return ""
}

// Maintenance is GET_MAINTENANCE_SCHEDULE.
func (m *Master) Maintenance() maintenance.Schedule {
	var out maintenance.Schedule
	for _, w := range m.registry.Schedule {
		out.Windows = append(out.Windows, maintenance.Window{MachineIDs: w.Machines, Unavailability: w.Unavailability})
	}
	return out
}

// MaintenanceStatus is GET_MAINTENANCE_STATUS: the machines that are to go, with
// what frameworks said to it, and those that are down.
func (m *Master) MaintenanceStatus() maintenance.ClusterStatus {
	out := maintenance.ClusterStatus{DownMachines: m.registry.Down}
	for _, w := range m.registry.Schedule {
		for _, id := range w.Machines {
			if among(m.registry.Down, id) {
				continue
			}
			out.DrainingMachines = append(out.DrainingMachines, maintenance.ClusterStatus_DrainingMachine{ID: id, Statuses: m.answers(id)})
		}
	}
	return out
}

// answers is what frameworks said to the inverse offers of a machine's agents.
func (m *Master) answers(machine mesos.MachineID) []allocator.InverseOfferStatus {
	var all []allocator.InverseOfferStatus
	for _, a := range m.sortedAgents() {
		if !sameMachine(machine, a.machine()) {
			continue
		}
		for _, f := range m.sortedFrameworks() {
			if s, ok := a.maintenance[f.id]; ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// StartMaintenance is START_MAINTENANCE, /machine/down: the agents of machines
// that are scheduled are removed. It returns the text of a 400, or nothing.
func (m *Master) StartMaintenance(now time.Time, ids []mesos.MachineID) string {
	if why := machinesFault(ids); why != "" {
		return why
	}
	for _, id := range ids {
		if why := m.downFault(id); why != "" {
			return why
		}
	}
	for _, id := range ids {
		m.registry.Down = append(m.registry.Down, id)
		for _, a := range m.sortedAgents() {
			if sameMachine(id, a.machine()) {
				m.tell(a, link.ToAgent{Shutdown: &link.Shutdown{Reason: "Operator initiated 'Machine DOWN'"}})
				m.removeAgent(now, a, "Operator initiated 'Machine DOWN'")
			}
		}
	}
	m.queue(SaveRegistry{})
	return ""
}

// StopMaintenance is STOP_MAINTENANCE, /machine/up: machines may come back. It
// returns the text of a 400, or nothing.
func (m *Master) StopMaintenance(ids []mesos.MachineID) string {
	if why := machinesFault(ids); why != "" {
		return why
	}
	for _, id := range ids {
		if why := m.upFault(id); why != "" {
			return why
		}
	}
	up := func(id mesos.MachineID) bool { return among(ids, id) }
	m.registry.Down = slices.DeleteFunc(slices.Clone(m.registry.Down), up)
	var left []Window
	for _, w := range m.registry.Schedule {
		if w.Machines = slices.DeleteFunc(slices.Clone(w.Machines), up); len(w.Machines) > 0 {
			left = append(left, w)
		}
	}
	m.registry.Schedule = left
	m.queue(SaveRegistry{})
	return ""
}

// underMaintenance is why an agent cannot be drained: its machine is part of a
// maintenance schedule (5.3). It is empty for any other.
func (m *Master) underMaintenance(agentID string) string {
	a := m.agents[agentID]
	if a == nil {
		return ""
	}
	if !m.scheduled(a.machine()) {
		return ""
	}
	return "Agent " + agentID + " is part of a maintenance schedule under Machine " + a.info.Hostname + " (" + a.ip + ")"
}

func (m *Master) unavailability(a *agent) *mesos.Unavailability {
	for _, w := range m.registry.Schedule {
		if among(w.Machines, a.machine()) {
			return &w.Unavailability
		}
	}
	return nil
}

// said records what a framework answered to an inverse offer.
func (a *agent) said(now time.Time, f *framework, s allocator.InverseOfferStatus_Status) {
	a.maintenance[f.id] = allocator.InverseOfferStatus{
		Status: &s, FrameworkID: mesos.FrameworkID{Value: f.id}, Timestamp: *timeInfo(now),
	}
}
