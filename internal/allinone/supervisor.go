package allinone

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Options configure a Supervisor.
type Options struct {
	// Data is the data directory; it is made where it is not there. Required.
	Data string
	// Executable is what every process runs, usually os.Executable. Required.
	Executable string
	// Env is the processes' environment; nil means the supervisor's own.
	Env []string
	// Notify is told what happens. It may be called from several goroutines; nil
	// means nobody is.
	Notify func(Notice)
	// Backoff is the wait before a process is started again.
	Backoff Backoff
	// Care is when one that lives and cannot do its work is started again.
	Care Care
	// StopGrace is the time a process has to stop by itself; 0 means 10 s.
	StopGrace time.Duration
	// ReadyTimeout is the time a stage has to become ready; 0 means a minute.
	ReadyTimeout time.Duration
}

// Supervisor keeps processes running.
type Supervisor struct {
	opts    Options
	lock    *lock
	roster  *roster
	spawner *spawner
	http    *http.Client
	// base ends when the supervisor is closed; what watches children follows it.
	base   context.Context //nolint:containedctx // It is the life of the supervisor's own goroutines.
	cancel context.CancelFunc
	birth  string

	mu     sync.Mutex
	stages [][]*process

	// file guards endpoints.json, so that an older picture never replaces a newer
	// one; open says that the file is to be there.
	file sync.Mutex
	open bool
}

// The directories of the processes' logs and announcements, and of the keys for NATS,
// in a data directory.
const (
	logsDir     = "logs"
	announceDir = "announce"
	keysDir     = "keys"
)

// maxFalls is how often a process may die before it was ready once: a wrong flag
// does not mend itself.
const maxFalls = 3

// Open takes a data directory and ends what a killed supervisor left running
// there. It returns InUseError if another supervisor uses the directory.
func Open(ctx context.Context, opts Options) (*Supervisor, error) {
	opts = opts.withDefaults()
	for _, dir := range []string{opts.Data, filepath.Join(opts.Data, logsDir), filepath.Join(opts.Data, announceDir)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
	}
	held, err := takeLock(opts.Data)
	if err != nil {
		return nil, err
	}
	born, err := birth(os.Getpid())
	if err != nil {
		return nil, errors.Join(err, held.release())
	}
	s := &Supervisor{
		opts: opts, lock: held, birth: born,
		roster:  openRoster(opts.Data),
		spawner: newSpawner(),
		http:    &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	s.base, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.sweep(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// IsData reports whether a directory is one that a supervisor has used.
func IsData(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, lockFile))
	return err == nil && info.Mode().IsRegular()
}

func (o Options) withDefaults() Options {
	const grace, patience = 10 * time.Second, time.Minute
	if o.Notify == nil {
		o.Notify = func(Notice) {}
	}
	if o.Backoff == (Backoff{}) {
		o.Backoff = DefaultBackoff()
	}
	if o.Care == (Care{}) {
		o.Care = DefaultCare()
	}
	if o.StopGrace == 0 {
		o.StopGrace = grace
	}
	if o.ReadyTimeout == 0 {
		o.ReadyTimeout = patience
	}
	return o
}

// sweep removes what a killed supervisor left.
func (s *Supervisor) sweep(ctx context.Context) error {
	if err := removeFile(filepath.Join(s.opts.Data, endpointsFile)); err != nil {
		return err
	}
	const grace = 3 * time.Second
	for _, e := range s.roster.survivors() {
		s.notify(Notice{Kind: Swept, Role: e.Role, Name: e.Name, PID: e.PID})
		if err := e.end(ctx, grace); err != nil {
			return err
		}
	}
	return nil
}

// Up starts the programs of one stage, which may know the addresses of all
// stages before, and waits until every one is ready. It returns NotReadyError if
// one does not come up; what has started goes on until Close.
func (s *Supervisor) Up(ctx context.Context, stage ...Program) error {
	peers := s.peers()
	processes := make([]*process, 0, len(stage))
	for _, program := range stage {
		processes = append(processes, s.process(program, peers))
	}
	s.mu.Lock()
	s.stages = append(s.stages, processes)
	s.mu.Unlock()
	for _, p := range processes {
		go p.keep()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.opts.ReadyTimeout,
		fmt.Errorf("waited %v", s.opts.ReadyTimeout))
	defer cancel()
	for _, p := range processes {
		if err := s.await(ctx, p); err != nil {
			return err
		}
		r := p.snapshot()
		s.notify(Notice{Kind: Ready, Role: r.Role, Name: r.Name, PID: r.PID, Address: r.Address})
	}
	return nil
}

// process makes one of a program.
func (s *Supervisor) process(program Program, peers map[string][]string) *process {
	was := s.roster.get(program.Name)
	log := filepath.Join(s.opts.Data, logsDir, program.Name+".log")
	return &process{
		program: program, host: s, log: log, begins: sizeOf(log), patient: patient{care: s.opts.Care},
		firstUp: make(chan struct{}), gone: make(chan struct{}), stop: make(chan struct{}),
		falls:   make(chan struct{}, maxFalls),
		running: Running{Role: program.Role, Name: program.Name, Log: log},
		seats: Seats{
			Listen:   chooseAddress(program.Listen, was.Address),
			Admin:    chooseAddress(AnyPort, was.Admin),
			Announce: filepath.Join(s.opts.Data, announceDir, program.Name+".json"),
			Peers:    peers,
		},
	}
}

// await waits until a process has been ready once.
func (s *Supervisor) await(ctx context.Context, p *process) error {
	for range maxFalls {
		select {
		case <-p.firstUp:
			return nil
		case <-p.falls:
		case <-ctx.Done():
			return s.notReady(p, context.Cause(ctx))
		}
	}
	return s.notReady(p, nil)
}

// notReady words why a process does not come up.
func (s *Supervisor) notReady(p *process, why error) error {
	const lines = 5
	p.mu.Lock()
	if p.deaths != nil {
		why = p.deaths
	}
	p.mu.Unlock()
	return &NotReadyError{Name: p.program.Name, Log: p.log, Cause: why, Tail: tail(p.log, p.begins, lines)}
}

// peers are the addresses known, by role.
func (s *Supervisor) peers() map[string][]string {
	peers := map[string][]string{}
	for _, r := range s.Processes() {
		peers[r.Role] = append(peers[r.Role], r.Address)
	}
	return peers
}

// Processes are all processes, in the order they were started.
func (s *Supervisor) Processes() []Running {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Running
	for _, stage := range s.stages {
		for _, p := range stage {
			all = append(all, p.snapshot())
		}
	}
	return all
}

// Publish writes endpoints.json, now and whenever a process is replaced.
func (s *Supervisor) Publish() (Endpoints, error) {
	s.file.Lock()
	defer s.file.Unlock()
	s.open = true
	return s.write()
}

// publish writes endpoints.json again if it is there.
func (s *Supervisor) publish() {
	s.file.Lock()
	defer s.file.Unlock()
	if s.open {
		_, err := s.write()
		s.trouble(err)
	}
}

// withdraw removes endpoints.json for good.
func (s *Supervisor) withdraw() error {
	s.file.Lock()
	defer s.file.Unlock()
	s.open = false
	return removeFile(filepath.Join(s.opts.Data, endpointsFile))
}

// write writes endpoints.json; the caller holds the lock of the file.
func (s *Supervisor) write() (Endpoints, error) {
	e := collect(s.Processes())
	e.Data, e.Keys, e.PID, e.Birth = s.opts.Data, Keys(s.opts.Data), os.Getpid(), s.birth
	return e, writeJSON(filepath.Join(s.opts.Data, endpointsFile), e)
}

// notify tells what happened.
func (s *Supervisor) notify(n Notice) { s.opts.Notify(n) }

// trouble tells of an error that does not stop the supervisor.
func (s *Supervisor) trouble(err error) {
	if err != nil {
		s.notify(Notice{Kind: Trouble, Why: err.Error()})
	}
}

// Close stops every process, the last stage first, and lets go of the data
// directory. It takes at most StopGrace a stage.
func (s *Supervisor) Close() error {
	err := s.withdraw()
	s.mu.Lock()
	stages := s.stages
	s.mu.Unlock()
	for _, stage := range slices.Backward(stages) {
		for _, p := range stage {
			p.halt()
		}
		for _, p := range stage {
			<-p.gone
		}
	}
	s.cancel()
	s.spawner.close()
	return errors.Join(err, s.lock.release())
}
