package mesos

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

const (
	mediaProtobuf  = "application/x-protobuf"
	headerStreamID = "Mesos-Stream-Id"

	pathScheduler = "/api/v1/scheduler"
	pathOperator  = "/api/v1"

	callSubscribe = "SUBSCRIBE"

	// errorBodyMax is how much of a refusal's text is kept.
	errorBodyMax = 4 << 10
	dialTimeout  = 5 * time.Second
)

// marshaler is any of mesos-go's calls.
type marshaler interface{ Marshal() ([]byte, error) }

// doer sends requests with the configured credentials over a transport of its own,
// and to no host that the configuration does not name.
type doer struct {
	// transport is asked itself: an http.Client would follow redirects, which drops
	// credentials and body, and copies all headers to be able to.
	transport         http.RoundTripper
	guard             *guard
	principal, secret string
	// headers are those of the calls that were sent last.
	headers atomic.Pointer[callHeaders]
}

// newDoer makes a doer with at most conns connections to a host; 0 means no limit.
func newDoer(cfg Config, tlsConf *tls.Config, conns int) *doer {
	return &doer{
		transport: newTransport(cfg, tlsConf, conns),
		guard:     cfg.guard,
		principal: cfg.Principal,
		secret:    cfg.Secret,
	}
}

func newTransport(cfg Config, tlsConf *tls.Config, conns int) http.RoundTripper {
	if cfg.Transport != nil {
		return cfg.Transport(conns)
	}
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:       tlsConf.Clone(),
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: cfg.CallTimeout,
		MaxConnsPerHost:       conns,
		MaxIdleConnsPerHost:   max(conns, 1),
		DisableCompression:    true,
	}
}

func (d *doer) close() { (&http.Client{Transport: d.transport}).CloseIdleConnections() }

// callHeaders are the headers of all calls with one stream id. They are made once
// and only read then, by as many requests as there are.
type callHeaders struct {
	streamID string
	header   http.Header
}

func (d *doer) header(streamID string) http.Header {
	if last := d.headers.Load(); last != nil && last.streamID == streamID {
		return last.header
	}
	h := http.Header{}
	h.Set("Content-Type", mediaProtobuf)
	h.Set("Accept", mediaProtobuf)
	h.Set("User-Agent", "taurus")
	if streamID != "" {
		h.Set(headerStreamID, streamID)
	}
	d.authorize(h)
	d.headers.Store(&callHeaders{streamID: streamID, header: h})
	return h
}

// authorize adds the credentials, if there are any.
func (d *doer) authorize(h http.Header) {
	if d.secret == "" {
		return
	}
	r := http.Request{Header: h}
	r.SetBasicAuth(d.principal, d.secret)
}

// request is one call on its way.
type request struct {
	// call names it in errors.
	call string
	url  string
	// streamID is empty for SUBSCRIBE and operator calls.
	streamID string
	msg      marshaler
}

// post sends a call. The answer's status is 200 or 202, all else is a *CallError.
func (d *doer) post(ctx context.Context, r request) (*http.Response, error) {
	body, err := r.msg.Marshal()
	if err != nil {
		return nil, fmt.Errorf("mesos: encode %s: %w", r.call, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("mesos: %s: %w", r.call, err)
	}
	req.Header = d.header(r.streamID)
	return d.do(req, r.call)
}

// do sends a request, whose headers are complete, once. The transport takes another connection only if not a
// byte of the request was written to the first.
func (d *doer) do(req *http.Request, call string) (*http.Response, error) {
	if err := d.guard.check(req.Context(), req.URL); err != nil {
		return nil, fmt.Errorf("mesos: %s: %w", call, err)
	}
	resp, err := d.transport.RoundTrip(req)
	if err != nil {
		return nil, &CallError{Call: call, Err: fmt.Errorf("%s %q: %w", req.Method, req.URL.Redacted(), cleartext(err))}
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusAccepted {
		return resp, nil
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, errorBodyMax)) // What arrived is enough.
	drain(resp.Body)
	return nil, &CallError{
		Call:     call,
		Status:   resp.StatusCode,
		Body:     strings.TrimSpace(string(text)),
		Location: resp.Header.Get("Location"),
		stream:   req.Header.Get(headerStreamID) != "",
	}
}

// cleartext says what it means when an answer to TLS is none.
func cleartext(err error) error {
	if bad, ok := errors.AsType[tls.RecordHeaderError](err); ok && string(bad.RecordHeader[:]) == "HTTP/" {
		return http.ErrSchemeMismatch
	}
	return err
}

// send posts a call that is answered by a status only, within timeout.
func (d *doer) send(ctx context.Context, timeout time.Duration, r request) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp, err := d.post(ctx, r) //nolint:bodyclose // drain closes it.
	if err != nil {
		return err
	}
	drain(resp.Body)
	return nil
}

// fetch posts a call that is answered by one message of at most limit bytes.
func (d *doer) fetch(ctx context.Context, r request, limit int) ([]byte, error) {
	resp, err := d.post(ctx, r) //nolint:bodyclose // readAnswer closes it.
	if err != nil {
		return nil, err
	}
	return readAnswer(resp, r.call, limit)
}

func readAnswer(resp *http.Response, call string, limit int) ([]byte, error) {
	defer drain(resp.Body)
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err != nil {
		return nil, &CallError{Call: call, Err: err}
	}
	if len(body) > limit {
		return nil, fmt.Errorf("%w: answer to %s is larger than %d bytes", ErrEventTooLarge, call, limit)
	}
	return body, nil
}

// drain reads the little that may be left, so that the connection can be used again.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, errorBodyMax)
	_ = body.Close()
}
