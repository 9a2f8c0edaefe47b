package core

import (
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/maintenance"
)

// window is a time in which machines are not available (2.5).
type window struct {
	machines       []mesos.MachineID
	unavailability mesos.Unavailability
}

// UpdateMaintenance is UPDATE_MAINTENANCE_SCHEDULE: all offers are taken back,
// those that follow carry the unavailability of their machine.
func (m *Master) UpdateMaintenance(s maintenance.Schedule) {
	m.schedule = nil
	for _, w := range s.Windows {
		m.schedule = append(m.schedule, window{machines: w.MachineIDs, unavailability: w.Unavailability})
	}
	for _, o := range m.sortedOffers() {
		m.rescind(o)
	}
	m.allocate = true
}

// Maintenance is GET_MAINTENANCE_SCHEDULE.
func (m *Master) Maintenance() maintenance.Schedule {
	var out maintenance.Schedule
	for _, w := range m.schedule {
		out.Windows = append(out.Windows, maintenance.Window{MachineIDs: w.machines, Unavailability: w.unavailability})
	}
	return out
}

func (m *Master) unavailability(a *agent) *mesos.Unavailability {
	for _, w := range m.schedule {
		for _, id := range w.machines {
			if (id.Hostname == nil || id.GetHostname() == a.info.Hostname) && (id.IP == nil || id.GetIP() == a.ip) {
				return &w.unavailability
			}
		}
	}
	return nil
}

// MaintenanceStatus is GET_MAINTENANCE_STATUS: the machines that are to go.
func (m *Master) MaintenanceStatus() maintenance.ClusterStatus {
	var out maintenance.ClusterStatus
	for _, w := range m.schedule {
		for _, id := range w.machines {
			out.DrainingMachines = append(out.DrainingMachines, maintenance.ClusterStatus_DrainingMachine{ID: id})
		}
	}
	return out
}
