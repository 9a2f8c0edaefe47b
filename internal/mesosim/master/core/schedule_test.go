package core

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/maintenance"
)

func machine(hostname, ip string) mesos.MachineID {
	var id mesos.MachineID
	if hostname != "" {
		id.Hostname = &hostname
	}
	if ip != "" {
		id.IP = &ip
	}
	return id
}

func scheduleOf(ids ...mesos.MachineID) maintenance.Schedule {
	return maintenance.Schedule{Windows: []maintenance.Window{{MachineIDs: ids}}}
}

// 2.5: what cannot be scheduled, and which machines go down and up.
func TestMaintenanceFaults(t *testing.T) {
	w := newWorld(t, Registry{})
	w.agent("s", "", 5051)
	host, other := machine("host", "10.0.0.1"), machine("other", "10.0.0.2")
	negative := scheduleOf(host)
	negative.Windows[0].Unavailability.Duration = &mesos.DurationInfo{Nanoseconds: -1}
	down := func(ids ...mesos.MachineID) string { return w.m.StartMaintenance(w.now, ids) }
	const ofHost, ofOther = `Machine '{"hostname":"host","ip":"10.0.0.1"}' `, `Machine '{"hostname":"other","ip":"10.0.0.2"}' `
	for _, c := range []struct{ got, want string }{
		{w.m.UpdateMaintenance(scheduleOf()), "List of machines in the maintenance window is empty"},
		{w.m.UpdateMaintenance(negative), "Unavailability 'duration' is negative"},
		{w.m.UpdateMaintenance(scheduleOf(machine("", ""))), "Both 'hostname' and 'ip' for a machine are empty"},
		{w.m.UpdateMaintenance(scheduleOf(machine("h", "::1"))), "Failed to parse IPv4: ::1"},
		{w.m.UpdateMaintenance(scheduleOf(host, machine("HOST", "10.0.0.1"))), `Machine '{"hostname":"HOST","ip":"10.0.0.1"}' appears more than once in the schedule`},
		{down(), "List of machines is empty"},
		{down(machine("", "")), "Both 'hostname' and 'ip' for a machine are empty"},
		{down(other), ofOther + "is not part of a maintenance schedule"},
		{down(host), ofHost + "is not in DRAINING mode and cannot be brought down"},
		{w.m.StopMaintenance([]mesos.MachineID{other}), ofOther + "is not part of a maintenance schedule"},
		{w.m.StopMaintenance([]mesos.MachineID{host}), ofHost + "is not in DOWN mode and cannot be brought up"},
		{w.m.UpdateMaintenance(scheduleOf(host, other)), ""},
		{down(host, host), ofHost + "appears more than once in the schedule"},
		{down(host), ""},
		{down(host), ofHost + "is not in DRAINING mode and cannot be brought down"},
		{w.m.UpdateMaintenance(scheduleOf(other)), ofHost + "is deactivated and cannot be removed from the schedule"},
		{w.m.StopMaintenance([]mesos.MachineID{host}), ""},
		{w.m.StopMaintenance([]mesos.MachineID{}), "List of machines is empty"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if s := w.m.Maintenance(); len(s.Windows) != 1 || len(s.Windows[0].MachineIDs) != 1 {
		t.Errorf("left on the schedule: %+v", s)
	}
}

// A machine is its name, in whatever case, and its address.
func TestMachinesOfASchedule(t *testing.T) {
	for _, c := range []struct {
		id mesos.MachineID
		is bool
	}{
		{machine("host", "10.0.0.1"), true},
		{machine("HOST", "10.0.0.1"), true},
		{machine("host", ""), false},
		{machine("", "10.0.0.1"), false},
		{machine("host", "10.0.0.2"), false},
		{machine("h", "10.0.0.1"), false},
	} {
		w := newWorld(t, Registry{})
		aid := w.agent("s", "", 5051)
		w.m.UpdateMaintenance(scheduleOf(c.id))
		w.subscribe("f", info(""))
		if o := w.take("f"); len(o) != 1 || (o[0].Unavailability != nil) != c.is {
			t.Errorf("%s: offers %+v", machineJSON(c.id), o)
		}
		want := ""
		if c.is {
			want = "Agent " + aid + " is part of a maintenance schedule under Machine host (10.0.0.1)"
		}
		if got := w.m.underMaintenance(aid); got != want {
			t.Errorf("%s: %q, want %q", machineJSON(c.id), got, want)
		}
	}
}
