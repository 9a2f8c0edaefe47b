package health

import (
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// Settings say when a task is checked and how many failures it may have.
type Settings struct {
	Delay    time.Duration // from TASK_RUNNING to the first check
	Interval time.Duration // from the end of a check to the next
	Timeout  time.Duration // of one check; zero means none
	Grace    time.Duration // failures before the first success are forgiven for so long
	Failures int           // in a row, at which the task is to be killed
}

// SettingsOf reads the settings of a check; what is unset has Mesos' default.
func SettingsOf(hc *mesos.HealthCheck) Settings {
	return Settings{
		Delay:    seconds(hc.GetDelaySeconds()),
		Interval: seconds(hc.GetIntervalSeconds()),
		Timeout:  seconds(hc.GetTimeoutSeconds()),
		Grace:    seconds(hc.GetGracePeriodSeconds()),
		Failures: max(1, int(hc.GetConsecutiveFailures())),
	}
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second))
}

// Finding is what follows from one check.
type Finding struct {
	Report  bool // whether the framework is to be told
	Healthy bool
	Kill    bool // whether the task has failed once too often
}

// Machine turns results of checks into findings. It is not safe for concurrent use.
type Machine struct {
	settings  Settings
	start     time.Time
	succeeded bool // at least once
	failures  int  // in a row
}

// NewMachine returns the machine of a task that became TASK_RUNNING at start.
func NewMachine(s Settings, start time.Time) *Machine {
	return &Machine{settings: s, start: start}
}

// Resume goes on from what another machine of the task reported last.
func (m *Machine) Resume(healthy bool) {
	m.succeeded = m.succeeded || healthy
	if !healthy {
		m.failures = 1 // How many they were is not known.
	}
}

// Observe takes the result of a check that ended at the given time.
func (m *Machine) Observe(ok bool, at time.Time) Finding {
	if ok {
		v := Finding{Report: !m.succeeded || m.failures > 0, Healthy: true}
		m.succeeded, m.failures = true, 0
		return v
	}
	if !m.succeeded && at.Sub(m.start) <= m.settings.Grace && m.settings.Grace > 0 {
		return Finding{}
	}
	m.failures++
	return Finding{Report: true, Kill: m.failures >= m.settings.Failures}
}
