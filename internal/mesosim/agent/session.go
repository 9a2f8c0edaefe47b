package agent

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/backoff"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/pause"
	"github.com/milosgajdos/taurus/internal/queue"
)

// session is one registration: messages to the master go out in order.
type session struct {
	link Link
	out  *queue.Queue[link.FromAgent]
	bye  chan struct{} // closed when the good-bye has been said
}

func newSession(conn Link) *session {
	return &session{link: conn, out: queue.New[link.FromAgent](), bye: make(chan struct{})}
}

// post queues a message; it is lost with the session.
func (s *session) post(m link.FromAgent) { s.out.Put(m) }

// connect registers with the master again and again (5.2, 5.3).
func (a *Server) connect(ctx context.Context, dial Dial) {
	seed := a.opts.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	rng := rand.New(rand.NewPCG(seed, 0)) // A seed has to repeat.
	wait := backoff.Wait{First: a.opts.Backoff, Max: max(maxBackoff, a.opts.Backoff)}
	for failures := 1; ctx.Err() == nil; failures++ {
		registered, err := a.serveSession(ctx, dial)
		if ctx.Err() != nil || a.isLeaving() {
			return
		}
		a.opts.Log.Debug().Err(err).Msg("no link to the master")
		if registered {
			failures = 1
		}
		if pause.For(ctx, time.Duration(rng.Int64N(int64(wait.After(failures))))) != nil {
			return
		}
	}
}

func (a *Server) isLeaving() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.leaving
}

func (a *Server) registration() link.Register {
	a.mu.Lock()
	defer a.mu.Unlock()
	port := a.port()
	info := mesos.AgentInfo{
		Hostname: a.opts.Hostname, Port: &port, Resources: a.opts.Resources, Attributes: a.opts.Attributes, Domain: a.opts.Domain,
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
func (a *Server) serveSession(ctx context.Context, dial Dial) (registered bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := dial(ctx, a.registration())
	if err != nil {
		return false, err
	}
	defer conn.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	watchdog := time.AfterFunc(time.Hour, cancel)
	defer watchdog.Stop()
	patience := time.Hour
	for {
		msg, err := conn.Receive(ctx)
		if err != nil {
			a.endSession()
			return registered, fmt.Errorf("%w: %w", errSession, err)
		}
		watchdog.Reset(patience)
		if g := msg.Registered; g != nil {
			registered = true
			patience = time.Duration(g.MaxPingTimeouts+1) * g.PingTimeout
			s, err := a.begin(g, conn)
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
func (a *Server) begin(g *link.Registered, conn Link) (*session, error) {
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
	a.session = newSession(conn)
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
	a.push(r, a.withoutExecutor(r, dropped(k.PartitionAware), mesos.REASON_RECONCILIATION, "Reconciliation: task unknown to the agent"))
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
		case <-s.out.Wake():
		}
		list := s.out.Drain()
		if len(list) == 0 {
			continue
		}
		if err := s.link.Send(ctx, list); err != nil {
			a.opts.Log.Debug().Err(err).Msg("message to the master failed")
			broken()
			return
		}
		if slices.ContainsFunc(list, func(m link.FromAgent) bool { return m.Unregister }) {
			close(s.bye)
			return
		}
	}
}
