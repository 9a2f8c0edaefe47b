package mesos

import (
	"fmt"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/job"
)

// healthCheck is done by the executor, inside the container's network. What is
// not set is left to Mesos: delay 15 s, interval 10 s, timeout 20 s, grace
// 10 s, 3 failures.
func healthCheck(l *Launch) (*mesos.HealthCheck, error) {
	hc := l.Group.HealthCheck
	if hc == nil {
		return nil, nil
	}
	wire := &mesos.HealthCheck{
		DelaySeconds:       seconds(hc.Delay),
		IntervalSeconds:    seconds(hc.Interval),
		TimeoutSeconds:     seconds(hc.Timeout),
		GracePeriodSeconds: seconds(hc.Grace),
	}
	if hc.Failures > 0 {
		wire.ConsecutiveFailures = &hc.Failures
	}
	switch healthType(hc) {
	case "command":
		shell := true
		wire.Type = mesos.HealthCheck_COMMAND
		wire.Command = &mesos.CommandInfo{Shell: &shell, Value: &hc.Command}
		return wire, nil
	case "http":
		port, err := healthPort(l, hc)
		wire.Type = mesos.HealthCheck_HTTP
		wire.HTTP = &mesos.HealthCheck_HTTPCheckInfo{Port: port, Path: optional(hc.Path)}
		return wire, err
	case "tcp":
		port, err := healthPort(l, hc)
		wire.Type = mesos.HealthCheck_TCP
		wire.TCP = &mesos.HealthCheck_TCPCheckInfo{Port: port}
		return wire, err
	}
	return nil, fmt.Errorf("%w: health_check.type %q; use http, tcp or command", ErrLaunchInvalid, hc.Type)
}

func healthType(hc *job.HealthCheck) string {
	switch {
	case hc.Type != "":
		return hc.Type
	case hc.Command != "":
		return "command"
	case hc.Path != "":
		return "http"
	}
	return "tcp"
}

// healthPort is the port as seen from inside the container. Without a mapping
// the process listens on the port it was given, so a port named by its number
// inside is that of the host; none named is the first.
func healthPort(l *Launch, hc *job.HealthCheck) (uint32, error) {
	for i, p := range l.Group.Ports {
		if hc.Port == 0 || p.Container == hc.Port {
			return l.inside(i), nil
		}
	}
	if hc.Port == 0 {
		return 0, fmt.Errorf("%w: health_check.port: missing, and the group has no ports", ErrLaunchInvalid)
	}
	return hc.Port, nil
}

func durationOf(d job.Duration) time.Duration { return time.Duration(d) }

func seconds(d job.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	s := durationOf(d).Seconds()
	return &s
}
