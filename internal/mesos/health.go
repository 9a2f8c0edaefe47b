package mesos

import (
	"fmt"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/job"
)

// healthCheck is done by the executor, inside the container's network. No delay
// is no delay; other times that are not set are left to Mesos.
func healthCheck(l *placedTask) (*mesos.HealthCheck, error) {
	hc := l.Group.HealthCheck
	if hc == nil {
		return nil, nil
	}
	delay := hc.Delay.Seconds()
	wire := &mesos.HealthCheck{
		DelaySeconds:       &delay,
		IntervalSeconds:    seconds(hc.Interval),
		TimeoutSeconds:     seconds(hc.Timeout),
		GracePeriodSeconds: seconds(hc.Grace),
	}
	if hc.Failures > 0 {
		wire.ConsecutiveFailures = &hc.Failures
	}
	switch hc.Type {
	case job.HealthCommand:
		shell := true
		wire.Type = mesos.HealthCheck_COMMAND
		wire.Command = &mesos.CommandInfo{Shell: &shell, Value: &hc.Command}
		return wire, nil
	case job.HealthHTTP:
		port, err := healthPort(l, hc)
		wire.Type = mesos.HealthCheck_HTTP
		wire.HTTP = &mesos.HealthCheck_HTTPCheckInfo{Port: port, Path: optional(hc.Path)}
		return wire, err
	case job.HealthTCP:
		port, err := healthPort(l, hc)
		wire.Type = mesos.HealthCheck_TCP
		wire.TCP = &mesos.HealthCheck_TCPCheckInfo{Port: port}
		return wire, err
	}
	return nil, fmt.Errorf("%w: health_check.type %q; use http, tcp or command", ErrLaunchInvalid, hc.Type)
}

// healthPort is the port as seen from inside the container. Without a mapping
// the process listens on the port it was given, so a port named by its number
// inside is that of the host; none named is the first.
func healthPort(l *placedTask, hc *job.HealthCheck) (uint32, error) {
	for _, tcp := range []bool{true, false} { // A check speaks TCP.
		for i, p := range l.Group.Ports {
			if p.ForTCP() == tcp && (hc.Port == 0 || p.Container == hc.Port) {
				return l.inside(i), nil
			}
		}
	}
	if hc.Port == 0 {
		return 0, fmt.Errorf("%w: health_check.port: missing, and the group has no ports", ErrLaunchInvalid)
	}
	return hc.Port, nil
}

func seconds(d job.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	s := d.Seconds()
	return &s
}
