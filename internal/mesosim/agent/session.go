package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// session is one registration: messages to the master go out in order.
type session struct {
	id   string
	mu   sync.Mutex
	out  []link.FromAgent
	wake chan struct{}
}

// post queues a message; it is lost with the session.
func (s *session) post(m link.FromAgent) {
	s.mu.Lock()
	s.out = append(s.out, m)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *session) take() []link.FromAgent {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.out
	s.out = nil
	return out
}

// connect registers with the master again and again (5.2, 5.3).
func (a *Server) connect(ctx context.Context) {
	wait := a.opts.Backoff
	for ctx.Err() == nil {
		registered, err := a.serveSession(ctx)
		if ctx.Err() != nil || a.isLeaving() {
			return
		}
		a.opts.Log.Debug().Err(err).Msg("no link to the master")
		if registered {
			wait = a.opts.Backoff
		}
		if !sleep(ctx, time.Duration(rand.Int64N(int64(wait)))) {
			return
		}
		wait = min(2*wait, max(maxBackoff, a.opts.Backoff))
	}
}

func (a *Server) isLeaving() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.leaving
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (a *Server) registration() link.Register {
	a.mu.Lock()
	defer a.mu.Unlock()
	port := int32(a.listener.Addr().(*net.TCPAddr).Port)
	info := mesos.AgentInfo{
		Hostname: a.opts.Hostname, Port: &port, Resources: a.opts.Resources, Attributes: a.opts.Attributes,
	}
	reg := link.Register{IP: a.opts.IP, Resources: a.identity.Resources}
	if a.identity.AgentID != "" {
		info.ID = &mesos.AgentID{Value: a.identity.AgentID}
	}
	reg.Agent.Value = info
	seen := map[string]bool{}
	for _, r := range a.records {
		if r.Orphan || r.Kind == "" {
			continue
		}
		reg.Tasks = append(reg.Tasks, r.report())
		if !seen[r.Run.FrameworkID] {
			seen[r.Run.FrameworkID] = true
			reg.Frameworks = append(reg.Frameworks, r.Framework)
		}
	}
	return reg
}

// serveSession registers and serves the session until it ends.
func (a *Server) serveSession(ctx context.Context) (registered bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := a.send(ctx, link.PathRegister, "", a.registration())
	if err != nil {
		return false, err
	}
	defer func() { _ = res.Body.Close() }()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	watchdog := time.AfterFunc(time.Hour, cancel)
	defer watchdog.Stop()
	patience := time.Hour
	records := wire.NewRecordReader(res.Body)
	for {
		record, err := records.Next()
		if err != nil {
			a.endSession()
			return registered, fmt.Errorf("%w: %w", errSession, err)
		}
		watchdog.Reset(patience)
		var msg link.ToAgent
		if err := json.Unmarshal(record, &msg); err != nil {
			a.endSession()
			return registered, err
		}
		if g := msg.Registered; g != nil {
			registered = true
			patience = time.Duration(g.MaxPingTimeouts+1) * g.PingTimeout
			s, err := a.begin(g)
			if err != nil {
				return registered, err
			}
			wg.Go(func() { a.talk(ctx, cancel, s) })
			continue
		}
		a.obey(ctx, &msg)
	}
}

// begin takes the id and the session, and resends what is unacknowledged.
func (a *Server) begin(g *link.Registered) (*session, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.identity.AgentID != g.AgentID {
		a.identity.AgentID = g.AgentID
		if err := a.store.saveIdentity(a.identity); err != nil {
			a.fatal(err)
			return nil, err
		}
	}
	if err := a.buildExecutors(); err != nil {
		a.fault = err
		a.end()
		return nil, err
	}
	a.session = &session{id: g.Session, wake: make(chan struct{}, 1)}
	for _, k := range g.Expected {
		a.answerForUnknown(k)
	}
	a.resend()
	a.opts.Log.Info().Str("agent", g.AgentID).Int("tasks", len(a.records)).Msg("registered")
	return a.session, nil
}

// answerForUnknown reports a task that the master thinks is here (5.3); the
// lock is held.
func (a *Server) answerForUnknown(k link.TaskKey) {
	if a.byTask[taskKey{k.FrameworkID, k.TaskID}] != nil {
		return
	}
	r := a.newRecord(k.FrameworkID, k.TaskID)
	a.keep(r)
	a.push(r, a.byAgent(r, dropped(k.PartitionAware), mesos.REASON_RECONCILIATION, "Reconciliation: task unknown to the agent"))
}

func (a *Server) endSession() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.session = nil
}

// talk posts what the session has to say, one request at a time.
func (a *Server) talk(ctx context.Context, broken context.CancelFunc, s *session) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		list := s.take()
		if len(list) == 0 {
			continue
		}
		res, err := a.send(ctx, link.PathMessages, s.id, list)
		if err != nil {
			a.opts.Log.Debug().Err(err).Msg("message to the master failed")
			broken()
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
}

// send posts to the master; any answer but 200 is an error.
func (a *Server) send(ctx context.Context, path, session string, body any) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.opts.Master+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
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
