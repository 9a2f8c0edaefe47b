package inprocess

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// window is how much of an answer may wait for its reader before the writer
// does, in bytes.
const window = 4 << 20

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	slot, err := t.take(r.Context())
	if err != nil {
		return nil, err
	}
	x := newExchange(t, slot)
	if err := x.start(r); err != nil {
		x.fail(err)
		return nil, err
	}
	return x.answer(r)
}

// exchange is a request and its answer, which is the body that a client reads
// and the writer that a handler writes to.
type exchange struct {
	transport   *transport
	slot        int
	from        string
	there, back time.Duration
	end         context.CancelCauseFunc // of the handler's context

	mu      sync.Mutex
	header  http.Header
	sent    http.Header // as it was when the status was written
	status  int
	ready   chan struct{} // the status is written, or never will be
	buf     bytes.Buffer
	err     error         // of reading, once buf is empty
	over    bool          // no writing any more
	changed chan struct{} // closed at the next change; nil while nobody waits for one
}

func newExchange(t *transport, slot int) *exchange {
	x := &exchange{
		transport: t, slot: slot, from: t.name + ":" + digits(slot),
		header: http.Header{}, ready: make(chan struct{}),
	}
	x.there, x.back = t.delays(x.from)
	return x
}

func digits(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return digits(n/10) + digits(n%10)
}

// start sends the request on its way.
func (x *exchange) start(r *http.Request) error {
	body, err := whole(r)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(context.WithoutCancel(r.Context()))
	x.end = end
	n := x.transport.client.network
	n.mu.Lock()
	n.exchanges[x] = true
	n.mu.Unlock()
	in := r.WithContext(ctx) // Neither side may change what the two share.
	in.Body, in.RemoteAddr, in.RequestURI = io.NopCloser(bytes.NewReader(body)), x.from, r.URL.RequestURI()
	go x.serve(in)
	return nil
}

// whole reads the body of a request, which nobody may after its round trip.
func whole(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	var b bytes.Buffer
	b.Grow(int(min(max(r.ContentLength, 0), window)) + bytes.MinRead)
	_, err := b.ReadFrom(r.Body)
	return b.Bytes(), errors.Join(err, r.Body.Close())
}

// serve lets the request arrive, whatever has become of its client, and carries
// it out.
func (x *exchange) serve(r *http.Request) {
	if x.there > 0 {
		time.Sleep(x.there)
	}
	n := x.transport.client.network
	n.mu.Lock()
	h := n.hosts[r.URL.Host]
	n.mu.Unlock()
	if h == nil {
		x.fail(ErrRefused)
		return
	}
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			x.fail(ErrReset)
		}
	}()
	h.ServeHTTP(x, r)
	x.finish()
}

// answer waits for the status.
func (x *exchange) answer(r *http.Request) (*http.Response, error) {
	select {
	case <-x.ready:
	case <-r.Context().Done():
		x.fail(context.Cause(r.Context()))
		return nil, context.Cause(r.Context())
	}
	if x.back > 0 {
		t := time.NewTimer(x.back)
		select {
		case <-t.C:
		case <-r.Context().Done():
		}
		t.Stop()
	}
	x.mu.Lock()
	status, sent, err := x.status, x.sent, x.err
	x.mu.Unlock()
	if status == 0 {
		return nil, err
	}
	stop := context.AfterFunc(r.Context(), func() { x.fail(context.Cause(r.Context())) })
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: sent, Body: &body{exchange: x, stop: stop}, ContentLength: -1, Request: r,
	}, nil
}

// fail breaks the connection.
func (x *exchange) fail(err error) { x.close(err, true) }

// finish ends the answer; what is written can still be read.
func (x *exchange) finish() {
	x.WriteHeader(http.StatusOK)
	x.close(io.EOF, false)
}

func (x *exchange) close(err error, broken bool) {
	x.mu.Lock()
	if x.err == nil {
		x.err = err
	}
	if broken {
		x.buf.Reset()
	}
	first := !x.over
	x.over = true
	if x.status == 0 && first {
		close(x.ready)
	}
	x.signal()
	x.mu.Unlock()
	if x.end != nil {
		x.end(err)
	}
	if broken || x.drained() {
		x.release()
	}
}

func (x *exchange) drained() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.over && x.buf.Len() == 0
}

// release gives the connection to the next request, once.
func (x *exchange) release() {
	n := x.transport.client.network
	n.mu.Lock()
	held := n.exchanges[x]
	delete(n.exchanges, x)
	n.mu.Unlock()
	if held || x.end == nil {
		x.transport.give(x.slot)
	}
}

// signal wakes readers and writers; the lock is held.
func (x *exchange) signal() {
	if x.changed != nil {
		close(x.changed)
		x.changed = nil
	}
}

// change is what the next signal closes; the lock is held.
func (x *exchange) change() <-chan struct{} {
	if x.changed == nil {
		x.changed = make(chan struct{})
	}
	return x.changed
}

// Header implements http.ResponseWriter.
func (x *exchange) Header() http.Header { return x.header }

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.status != 0 || x.over {
		return
	}
	x.status, x.sent = status, x.header.Clone()
	close(x.ready)
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(b []byte) (int, error) {
	x.WriteHeader(http.StatusOK)
	for {
		x.mu.Lock()
		if x.over {
			x.mu.Unlock()
			return 0, ErrReset
		}
		if x.buf.Len() < window {
			n, err := x.buf.Write(b)
			x.signal()
			x.mu.Unlock()
			return n, err
		}
		changed := x.change()
		x.mu.Unlock()
		<-changed
	}
}

// FlushError implements what http.ResponseController asks for.
func (x *exchange) FlushError() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over {
		return ErrReset
	}
	return nil
}

// body is the answer as its client reads it.
type body struct {
	exchange *exchange
	stop     func() bool
}

func (b *body) Read(p []byte) (int, error) {
	x := b.exchange
	for {
		x.mu.Lock()
		n, _ := x.buf.Read(p)
		if n > 0 || len(p) == 0 {
			x.signal()
			x.mu.Unlock()
			return n, nil
		}
		if err := x.err; err != nil {
			x.mu.Unlock()
			x.release()
			return 0, err
		}
		changed := x.change()
		x.mu.Unlock()
		<-changed
	}
}

// Close ends the exchange. A connection whose answer was not read to its end is
// not used again, which here is no difference.
func (b *body) Close() error {
	b.stop()
	b.exchange.fail(io.ErrClosedPipe)
	return nil
}
