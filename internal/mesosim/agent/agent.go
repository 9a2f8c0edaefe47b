package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/listen"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// lingering is how long an executor is there after the end of its task was
// acknowledged: until then its id cannot be used again (section 3).
const lingering = 1200 * time.Millisecond

// granularity is how often it is looked whether all tasks have ended.
const granularity = 200 * time.Millisecond

// Server is an agent.
type Server struct {
	opts     Options
	codec    *wire.Codec
	store    *store
	listener net.Listener // nil without a socket
	http     *http.Server
	client   *http.Client
	dial     Dial

	started time.Time

	sandboxes sync.Mutex // none is made while others are removed

	mu        sync.Mutex
	identity  identity
	executors map[Kind]executor.Executor
	records   map[string]*record // by container id
	byTask    map[taskKey]*record
	pending   map[*record]bool // with an update to be acknowledged
	lingers   map[taskKey]time.Time
	starting  map[*record]time.Time // runs that have said nothing yet: until when
	feedback  map[string]schedule   // of operations, by uuid
	retries   alarm
	session   *session
	drain     *link.Drain
	fault     error // what ended the agent

	gone       bool // for good: nothing of it may go on
	leaving    bool // said good-bye: does not register again
	unregister chan struct{}
	once       sync.Once
	end        context.CancelFunc
}

// New returns an agent that listens already; it does nothing else until Run.
func New(opts Options) (*Server, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	st, err := openStore(&opts)
	if err != nil {
		return nil, err
	}
	id, err := st.identity()
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	a := &Server{
		opts: opts, started: time.Now(), codec: wire.NewCodec(), store: st, identity: id,
		client:    &http.Client{Transport: &http.Transport{DisableCompression: true, TLSClientConfig: opts.TLS.Client()}},
		executors: map[Kind]executor.Executor{}, records: map[string]*record{}, byTask: map[taskKey]*record{},
		pending: map[*record]bool{}, lingers: map[taskKey]time.Time{}, starting: map[*record]time.Time{}, feedback: map[string]schedule{}, unregister: make(chan struct{}),
	}
	a.dial = a.dialAt(opts.Master)
	if opts.Dial != nil {
		a.dial = opts.Dial
		return a, nil
	}
	if a.listener, err = listen.On(context.Background(), opts.IP, opts.Port); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	a.listener = opts.TLS.Wrap(a.listener)
	a.http = &http.Server{Handler: a.routes(), ReadHeaderTimeout: time.Minute}
	return a, nil
}

// Addr is the address it serves on, host:port, or would if it had a socket.
func (a *Server) Addr() string {
	if a.listener == nil {
		return net.JoinHostPort(a.opts.IP, strconv.Itoa(a.opts.Port))
	}
	return a.listener.Addr().String()
}

func (a *Server) port() int32 {
	if a.listener == nil {
		return int32(a.opts.Port)
	}
	return int32(a.listener.Addr().(*net.TCPAddr).Port)
}

// Unregister says good-bye to the master: all tasks are killed, Run returns, and
// the next start is that of a new agent. It is SIGUSR1 of a Mesos agent.
func (a *Server) Unregister() { a.once.Do(func() { close(a.unregister) }) }

// Close ends the agent as a kill would: tasks go on.
func (a *Server) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.end != nil {
		a.end()
	}
	if a.http == nil {
		return nil
	}
	return a.http.Close()
}

// Run serves until ctx is done, Close, Unregister, or until the master refuses
// the agent, which is ErrRefused.
func (a *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.mu.Lock()
	a.end = cancel
	a.mu.Unlock()
	if err := a.recover(ctx); err != nil {
		if a.listener != nil {
			_ = a.listener.Close()
		}
		return err
	}
	var wg sync.WaitGroup
	wg.Go(func() { a.follow(ctx) })
	wg.Go(func() { a.collect(ctx) })
	var err error
	if a.http != nil {
		wg.Go(func() {
			defer cancel()
			err = a.http.Serve(a.listener)
		})
		stop := context.AfterFunc(ctx, func() { _ = a.http.Close() })
		defer stop()
	}
	a.opts.Log.Info().Str("addr", a.Addr()).Msg("agent serves")
	select {
	case <-a.unregister:
		a.leave(ctx)
		cancel()
	case <-ctx.Done():
	}
	wg.Wait()
	a.closeExecutors()
	if a.isLeaving() {
		a.forget()
	}
	a.client.CloseIdleConnections()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.retries.stop()
	if a.fault != nil {
		return a.fault
	}
	if err == nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("agent: %w", err)
}

// sink takes the states of runs: on disk first, then to the master.
func (a *Server) sink(run executor.Run, s executor.Status) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.records[run.ContainerID]
	if r == nil {
		return
	}
	delete(a.starting, r)
	if r.Orphan {
		r.State = s.State
		if executor.Terminal(s.State) {
			a.discard(r)
		}
		return
	}
	if executor.Terminal(r.State) { // given up, or gone by operator: nothing follows
		return
	}
	if r.Aborted {
		if !executor.Terminal(s.State) {
			return
		}
		a.push(r, a.byAgent(r, mesos.TASK_FAILED, mesos.REASON_EXECUTOR_TERMINATED, "Container terminated"))
		return
	}
	if r.Group != nil && executor.Terminal(s.State) && s.State != mesos.TASK_FINISHED {
		a.failGroup(r)
	}
	r.Aborted = r.Kind == Docker && r.Info.Value.Check != nil && s.State == mesos.TASK_RUNNING
	a.push(r, a.status(r, s))
	if r.Aborted {
		go a.executors[Docker].Kill(run, 0)
	}
}

// push stores a new state of a task and sends it if it is the first that is
// pending; the lock is held.
func (a *Server) push(r *record, s mesos.TaskStatus) {
	r.push(s)
	if err := a.store.save(r); err != nil {
		a.fatal(err)
		return
	}
	a.pending[r] = true
	if len(r.Pending) == 1 {
		a.sendHead(r)
	}
}

func (a *Server) sendHead(r *record) {
	if a.session != nil {
		a.session.post(link.FromAgent{Update: r.head(time.Now())})
		a.retries.at(r.sendAt, a.retry)
	}
}

// fatal ends an agent that cannot keep its records: what it would report after
// that could be forgotten.
func (a *Server) fatal(err error) {
	a.opts.Log.Error().Err(err).Msg("a record cannot be stored; the agent ends, its tasks go on")
	a.fault = fmt.Errorf("agent: %w", err)
	if a.end != nil {
		a.end()
	}
}

// retry resends updates that were not acknowledged in time, and lets executors
// go that lingered. Without a session nothing is resent: a new one does it all.
func (a *Server) retry() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.retries.stopped {
		return
	}
	a.retries.due = time.Time{}
	now := time.Now()
	for _, r := range a.unacknowledged() {
		switch {
		case a.session == nil:
		case now.Before(r.sendAt):
			a.retries.at(r.sendAt, a.retry)
		default:
			a.sendHead(r)
		}
	}
	a.retryFeedback(now)
	a.giveUpStarts(now)
	for key, until := range a.lingers {
		if now.Before(until) {
			a.retries.at(until, a.retry)
			continue
		}
		delete(a.lingers, key)
	}
}

// alarm is one timer for whatever is due first.
type alarm struct {
	timer   *time.Timer
	due     time.Time // zero: not set
	stopped bool
}

// at sets the alarm unless it rings earlier anyway.
func (l *alarm) at(t time.Time, ring func()) {
	if l.stopped || !l.due.IsZero() && !t.Before(l.due) {
		return
	}
	l.due = t
	if l.timer == nil {
		l.timer = time.AfterFunc(time.Until(t), ring)
		return
	}
	l.timer.Reset(time.Until(t))
}

func (l *alarm) stop() {
	l.stopped = true
	if l.timer != nil {
		l.timer.Stop()
	}
}

// unacknowledged lists the records with an update to be acknowledged in a stable
// order; the lock is held.
func (a *Server) unacknowledged() []*record {
	return slices.SortedFunc(maps.Keys(a.pending), func(x, y *record) int {
		return cmp.Or(strings.Compare(x.Info.Value.TaskID.Value, y.Info.Value.TaskID.Value), x.sendAt.Compare(y.sendAt))
	})
}

// resend sends all heads at once, as new ones (4.1); the lock is held.
func (a *Server) resend() {
	for _, r := range a.unacknowledged() {
		r.resetBackoff()
		a.sendHead(r)
	}
	a.resendFeedback()
}

func newUUID() []byte {
	u := uuid.New()
	return u[:]
}

// failGroup kills the other tasks of a group when one of them did not end well,
// as the default executor does; the lock is held.
func (a *Server) failGroup(r *record) {
	var rest []*record
	for _, x := range a.records {
		if x != r && x.sameGroup(r) && !executor.Terminal(x.State) {
			rest = append(rest, x)
		}
	}
	if len(rest) > 0 {
		go a.stop(rest)
	}
}
