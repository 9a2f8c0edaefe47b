package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// Dial registers an agent with a master and returns the session.
type Dial func(ctx context.Context, reg link.Register) (Link, error)

// Link is a session with a master. An error of either direction ends it.
type Link interface {
	// Receive waits for what the master says next.
	Receive(ctx context.Context) (link.ToAgent, error)
	// Send returns once the master has the messages.
	Send(ctx context.Context, list []link.FromAgent) error
	Close()
}

// httpLink is the Link of package link's protocol.
type httpLink struct {
	agent   *Server
	master  string // host:port
	body    io.Closer
	records *wire.RecordReader
	session string
}

// dialAt registers with the master at host:port.
func (a *Server) dialAt(master string) Dial {
	return func(ctx context.Context, reg link.Register) (Link, error) {
		res, err := a.send(ctx, master, link.PathRegister, "", reg) //nolint:bodyclose // Close does it.
		if err != nil {
			return nil, err
		}
		return &httpLink{agent: a, master: master, body: res.Body, records: wire.NewRecordReader(res.Body)}, nil
	}
}

// Receive implements Link; the first message tells the session's id.
func (l *httpLink) Receive(context.Context) (link.ToAgent, error) {
	var msg link.ToAgent
	record, err := l.records.Next()
	if err != nil {
		return msg, err
	}
	if err := json.Unmarshal(record, &msg); err != nil {
		return msg, err
	}
	if msg.Registered != nil {
		l.session = msg.Registered.Session
	}
	return msg, nil
}

// Send implements Link.
func (l *httpLink) Send(ctx context.Context, list []link.FromAgent) error {
	res, err := l.agent.send(ctx, l.master, link.PathMessages, l.session, list)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, res.Body) // Nothing of it matters.
	return res.Body.Close()
}

// Close implements Link.
func (l *httpLink) Close() { _ = l.body.Close() }

// send posts to a master; any answer but 200 is an error.
func (a *Server) send(ctx context.Context, master, path, session string, body any) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.opts.TLS.Scheme()+"://"+master+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if a.opts.Principal != "" {
		req.SetBasicAuth(a.opts.Principal, a.opts.Secret)
	}
	if session != "" {
		req.Header.Set(link.HeaderSession, session)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, fmt.Errorf("%w: %s", errSession, res.Status)
	}
	return res, nil
}
