package health

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// ErrUnsupported is returned for a kind of check that no probe exists for.
var ErrUnsupported = errors.New("health: unsupported kind of check")

// StatusError is an HTTP answer outside 200 to 399.
type StatusError struct{ Code int }

// Error implements error.
func (e *StatusError) Error() string {
	return fmt.Sprintf("health: unexpected HTTP status %d", e.Code)
}

// Command runs the command of a COMMAND check where the task runs. Its error
// means unhealthy.
type Command func(ctx context.Context, c *mesos.CommandInfo) error

// Probe makes one check of a task. HTTP and TCP checks go to host, an IP address.
func Probe(ctx context.Context, hc *mesos.HealthCheck, host string, run Command) error {
	switch hc.GetType() {
	case mesos.HealthCheck_COMMAND:
		return run(ctx, hc.GetCommand())
	case mesos.HealthCheck_HTTP:
		return probeHTTP(ctx, hc.GetHTTP(), host)
	case mesos.HealthCheck_TCP:
		return probeTCP(ctx, hc.GetTCP(), host)
	case mesos.HealthCheck_UNKNOWN:
		return probeUntyped(ctx, hc, host, run)
	}
	return ErrUnsupported
}

// probeUntyped infers the type the way the Mesos master does for LAUNCH.
func probeUntyped(ctx context.Context, hc *mesos.HealthCheck, host string, run Command) error {
	switch {
	case hc.Command != nil && hc.HTTP == nil:
		return run(ctx, hc.Command)
	case hc.HTTP != nil && hc.Command == nil:
		return probeHTTP(ctx, hc.HTTP, host)
	}
	return ErrUnsupported
}

// probeHTTP takes an answer between 200 and 399 for good health.
func probeHTTP(ctx context.Context, h *mesos.HealthCheck_HTTPCheckInfo, host string) error {
	code, err := get(ctx, h, host)
	if err != nil {
		return err
	}
	if code < http.StatusOK || code >= http.StatusBadRequest {
		return &StatusError{Code: code}
	}
	return nil
}

// get returns the status of an answer. It does what Mesos does with curl: no
// redirects are followed and no certificate is verified.
func get(ctx context.Context, h *mesos.HealthCheck_HTTPCheckInfo, host string) (int, error) {
	u := url.URL{Scheme: "http", Host: address(host, h.GetPort()), Path: "/"}
	if h.Scheme != nil {
		u.Scheme = h.GetScheme()
	}
	if h.Path != nil {
		ref, err := u.Parse(h.GetPath())
		if err != nil {
			return 0, err
		}
		u = *ref
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return 0, err
	}
	transport := &http.Transport{
		DisableKeepAlives: true,
		//nolint:gosec // A check of liveness on the same host; Mesos' curl -k does the same.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode, nil
}

func probeTCP(ctx context.Context, t *mesos.HealthCheck_TCPCheckInfo, host string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address(host, t.GetPort()))
	if err != nil {
		return err
	}
	return conn.Close()
}

func address(host string, port uint32) string {
	return net.JoinHostPort(host, strconv.FormatUint(uint64(port), 10))
}
