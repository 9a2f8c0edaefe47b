package health

import (
	"context"
	"errors"
	"reflect"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/pause"
)

// ExitError is an error that tells the exit status of a command, as that of
// os/exec does.
type ExitError interface {
	error
	ExitCode() int
}

// NoStatus is the status of a check that has not been made, or that could not be:
// it has the kind of the check and nothing else.
func NoStatus(c *mesos.CheckInfo) *mesos.CheckStatusInfo {
	s := &mesos.CheckStatusInfo{Type: c.Type.Enum()}
	switch c.Type {
	case mesos.CheckInfo_COMMAND:
		s.Command = &mesos.CheckStatusInfo_Command{}
	case mesos.CheckInfo_HTTP:
		s.HTTP = &mesos.CheckStatusInfo_Http{}
	case mesos.CheckInfo_TCP:
		s.TCP = &mesos.CheckStatusInfo_Tcp{}
	case mesos.CheckInfo_UNKNOWN:
	}
	return s
}

// Check makes one check of a task. Unlike a health check it decides nothing. HTTP and
// TCP checks go to host, an IP address.
func Check(ctx context.Context, c *mesos.CheckInfo, host string, run Command) *mesos.CheckStatusInfo {
	s := NoStatus(c)
	switch {
	case c.Type == mesos.CheckInfo_COMMAND && c.Command != nil:
		s.Command.ExitCode = exitCode(ctx, run(ctx, &c.Command.Command))
	case c.Type == mesos.CheckInfo_HTTP && c.HTTP != nil:
		s.HTTP.StatusCode = statusCode(ctx, c.HTTP, host)
	case c.Type == mesos.CheckInfo_TCP && c.TCP != nil:
		ok := probeTCP(ctx, &mesos.HealthCheck_TCPCheckInfo{Port: c.TCP.Port}, host) == nil
		if ok || ctx.Err() == nil {
			s.TCP.Succeeded = &ok
		}
	}
	return s
}

// exitCode is nil for a command that did not exit by itself.
func exitCode(ctx context.Context, err error) *int32 {
	var exit ExitError
	switch {
	case err == nil:
		return new(int32)
	case ctx.Err() == nil && errors.As(err, &exit) && exit.ExitCode() >= 0:
		code := int32(exit.ExitCode())
		return &code
	}
	return nil
}

// statusCode is nil for a server that did not answer.
func statusCode(ctx context.Context, h *mesos.CheckInfo_Http, host string) *uint32 {
	code, err := get(ctx, &mesos.HealthCheck_HTTPCheckInfo{Port: h.Port, Path: h.Path}, host)
	if err != nil {
		return nil
	}
	n := uint32(code)
	return &n
}

// Follow checks a task until ctx is done, and calls tell with each status that
// differs from the one before it. last is what was told before, by an agent that
// died; for a new task it is nil, as good as NoStatus.
func Follow(ctx context.Context, c *mesos.CheckInfo, last *mesos.CheckStatusInfo, check func(context.Context) *mesos.CheckStatusInfo, tell func(*mesos.CheckStatusInfo)) {
	wait := seconds(c.GetIntervalSeconds())
	if none := NoStatus(c); last == nil || reflect.DeepEqual(last, none) {
		last, wait = none, seconds(c.GetDelaySeconds())
	}
	timeout := seconds(c.GetTimeoutSeconds())
	for ; pause.For(ctx, wait) == nil; wait = seconds(c.GetIntervalSeconds()) {
		s := checkFor(ctx, timeout, check)
		if ctx.Err() != nil {
			return
		}
		if !reflect.DeepEqual(s, last) {
			last = s
			tell(s)
		}
	}
}

func checkFor(ctx context.Context, timeout time.Duration, check func(context.Context) *mesos.CheckStatusInfo) *mesos.CheckStatusInfo {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return check(ctx)
}
