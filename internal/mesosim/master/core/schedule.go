package core

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/maintenance"
)

// scheduleFault checks a maintenance schedule; texts are those of Mesos'
// src/master/maintenance.cpp. A machine that is down has to stay on it.
func (m *Master) scheduleFault(s maintenance.Schedule) string {
	var all []mesos.MachineID
	for _, w := range s.Windows {
		if len(w.MachineIDs) == 0 {
			return "List of machines in the maintenance window is empty"
		}
		if w.Unavailability.GetDuration().GetNanoseconds() < 0 {
			return "Unavailability 'duration' is negative"
		}
		for _, id := range w.MachineIDs {
			if why := machineFault(all, id); why != "" {
				return why
			}
			all = append(all, id)
		}
	}
	for _, id := range m.registry.Down {
		if !among(all, id) {
			return "Machine '" + machineJSON(id) + "' is deactivated and cannot be removed from the schedule"
		}
	}
	return ""
}

// machinesFault checks the machines of a call.
func machinesFault(ids []mesos.MachineID) string {
	if len(ids) == 0 {
		return "List of machines is empty"
	}
	for i, id := range ids {
		if why := machineFault(ids[:i], id); why != "" {
			return why
		}
	}
	return ""
}

// machineFault checks a machine that comes after others.
func machineFault(before []mesos.MachineID, id mesos.MachineID) string {
	if id.GetHostname() == "" && id.GetIP() == "" {
		return "Both 'hostname' and 'ip' for a machine are empty"
	}
	if ip := id.GetIP(); ip != "" {
		if addr, err := netip.ParseAddr(ip); err != nil || !addr.Is4() {
			return "Failed to parse IPv4: " + ip
		}
	}
	if among(before, id) {
		return "Machine '" + machineJSON(id) + "' appears more than once in the schedule"
	}
	return ""
}

// downFault is why a machine cannot be brought down.
func (m *Master) downFault(id mesos.MachineID) string {
	switch {
	case !m.knowsMachine(id):
		return "Machine '" + machineJSON(id) + "' is not part of a maintenance schedule"
	case among(m.registry.Down, id) || !m.scheduled(id):
		return "Machine '" + machineJSON(id) + "' is not in DRAINING mode and cannot be brought down"
	}
	return ""
}

// upFault is why a machine cannot be brought up.
func (m *Master) upFault(id mesos.MachineID) string {
	switch {
	case !m.knowsMachine(id):
		return "Machine '" + machineJSON(id) + "' is not part of a maintenance schedule"
	case !among(m.registry.Down, id):
		return "Machine '" + machineJSON(id) + "' is not in DOWN mode and cannot be brought up"
	}
	return ""
}

// knowsMachine reports whether a machine has agents, or is scheduled.
func (m *Master) knowsMachine(id mesos.MachineID) bool {
	return m.scheduled(id) || slices.ContainsFunc(m.order, func(a *agent) bool { return sameMachine(id, a.machine()) })
}

func (m *Master) scheduled(id mesos.MachineID) bool {
	return slices.ContainsFunc(m.registry.Schedule, func(w Window) bool { return among(w.Machines, id) })
}

// machine is that of an agent, which has both a name and an address: a schedule
// that gives only one of them means another machine.
func (a *agent) machine() mesos.MachineID {
	return mesos.MachineID{Hostname: &a.info.Hostname, IP: &a.ip}
}

func sameMachine(a, b mesos.MachineID) bool {
	return (a.Hostname == nil) == (b.Hostname == nil) && strings.EqualFold(a.GetHostname(), b.GetHostname()) &&
		(a.IP == nil) == (b.IP == nil) && a.GetIP() == b.GetIP()
}

func among(ids []mesos.MachineID, id mesos.MachineID) bool {
	return slices.ContainsFunc(ids, func(have mesos.MachineID) bool { return sameMachine(have, id) })
}

// machineJSON is a machine as Mesos writes it in its texts.
func machineJSON(id mesos.MachineID) string {
	text, err := json.Marshal(struct {
		Hostname *string `json:"hostname,omitempty"`
		IP       *string `json:"ip,omitempty"`
	}{id.Hostname, id.IP})
	if err != nil {
		return id.GetHostname()
	}
	return string(text)
}
