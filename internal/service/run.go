package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/ready"
)

// addressPoll is how often a service is asked whether it listens yet.
const addressPoll = 10 * time.Millisecond

// Runner is a role of taurus.
type Runner interface {
	// Run works until ctx ends or something fails that trying again does not mend.
	Run(ctx context.Context) error
	// Ready returns nil, or why the service cannot do its work at present.
	Ready() error
}

// addressed is a Runner that listens itself; Addr is empty before it does.
type addressed interface{ Addr() string }

// folding is a Runner that folds the log.
type folding interface {
	// Sequence is the last one folded.
	Sequence() uint64
}

// checked is a Runner that says more than Ready does, in place of it.
type checked interface{ Checks() []ready.Check }

// noticing is a Runner that folds the log and tells what it passed over there, empty
// for nothing. It does its work all the same.
type noticing interface{ Notice() string }

// turning is a Runner that can tell whether its loop turns. Nothing of NATS or
// Mesos is in that: a process that is not alive needs another start.
type turning interface{ Alive() error }

// Env is what a role is built with.
type Env struct {
	Role    string
	Process Process
	Logger  zerolog.Logger
	Metrics *prometheus.Registry
	Now     func() time.Time
	// Skew makes the process unready when records that it is shown prove that
	// the clocks are apart.
	Skew *SkewWatch

	told     []telling
	cleanups []cleanup
	beside   []func(context.Context)
	health   *health
}

type telling struct{ key, value string }

type cleanup struct {
	what string
	do   func() error
}

// Tell adds to the line that the log gets at the start.
func (e *Env) Tell(key, value string) { e.told = append(e.told, telling{key, value}) }

// OnStop has f called once the role has stopped, the last one given first.
func (e *Env) OnStop(what string, f func() error) {
	e.cleanups = append(e.cleanups, cleanup{what: what, do: f})
}

// Check has what f finds told by /readyz.
func (e *Env) Check(f func() []ready.Check) { e.health.add(f) }

// Beside has f run beside the role, with a ctx that ends when that has.
func (e *Env) Beside(f func(ctx context.Context)) { e.beside = append(e.beside, f) }

// Report is what /readyz tells.
func (e *Env) Report() ready.Report { return e.health.Report() }

// Sequence is the last one that the role has folded; 0 for one that folds nothing.
func (e *Env) Sequence() uint64 { return e.health.Sequence() }

func (e *Env) cleanUp() (errs error) {
	for _, c := range slices.Backward(e.cleanups) {
		if err := c.do(); err != nil {
			errs = errors.Join(errs, fmt.Errorf("%s: %w", c.what, err))
		}
	}
	e.cleanups = nil
	return errs
}

// Build makes a role out of its environment. Its ctx ends after
// Process.StartTimeout: what is opened must not live by it.
type Build func(ctx context.Context, env *Env) (Runner, error)

// Run lives through a role: it listens for health, builds, announces, runs until
// ctx ends or the role does, stops within Process.StopTimeout and cleans up. Log
// lines go to stderr, one at the start and one at the end among them. What
// cannot be stopped in time is left behind for the process to end with.
func Run(ctx context.Context, role string, p Process, stderr io.Writer, build Build) error {
	now := time.Now
	env := &Env{
		Role: role, Process: p, Now: now,
		Logger:  newLogger(stderr, p, role, now),
		Metrics: NewRegistry(),
		Skew:    NewSkewWatch("taurus/"+role+"/"+p.Name, now),
	}
	env.health = &health{about: ready.Report{Role: role, Name: p.Name, Version: Version(), Started: now().UTC()}, skew: env.Skew}
	err := live(ctx, env, build)
	if err != nil {
		env.Logger.Error().Err(err).Int("exit_status", ExitCode(err)).Msg("stopped")
		return loggedError{err}
	}
	env.Logger.Info().AnErr("cause", context.Cause(ctx)).Msg("stopped")
	return nil
}

func live(ctx context.Context, env *Env, build Build) error {
	admin, err := StartAdmin(ctx, env.Process.AdminListen, env.health, env.Metrics, env.Logger)
	if err != nil {
		return fmt.Errorf("%w; give another address by --admin-listen, or port 0 for any free one", err)
	}
	env.OnStop("admin server", admin.Stop)
	at := Announcement{Role: env.Role, Name: env.Process.Name, PID: os.Getpid(), AdminAddress: admin.Addr()}
	if env.Process.Pprof != "" {
		profiles, err := StartProfiles(ctx, env.Process.Pprof, env.Logger)
		if err != nil {
			return errors.Join(fmt.Errorf("%w; give another address by --pprof, or port 0 for any free one", err), env.cleanUp())
		}
		env.OnStop("profiles", profiles.Stop)
		at.PprofAddress = profiles.Addr()
	}
	starting, cancel := context.WithTimeout(ctx, env.Process.StartTimeout)
	defer cancel()
	runner, err := build(starting, env)
	if err != nil {
		err = errors.Join(err, env.cleanUp())
		if ctx.Err() != nil && !errors.Is(err, ErrUsage) {
			return nil // Stopped while starting, as asked.
		}
		return err
	}
	env.health.set(runner)
	stop := env.runBeside(ctx)
	err = run(ctx, env, at, runner)
	return errors.Join(err, bounded(env.Process.StopTimeout, func() error {
		stop()
		return env.cleanUp()
	}))
}

// runBeside starts what runs beside the role; stop ends it and waits for that.
func (e *Env) runBeside(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	for _, f := range e.beside {
		running.Go(func() { f(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// run returns nil if ctx ended and the runner then did.
func run(ctx context.Context, env *Env, at Announcement, runner Runner) error {
	runCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(runCtx) }()
	announced := make(chan error, 1)
	go func() { announced <- announce(runCtx, env, at, runner) }()

	var failed error
	for {
		select {
		case err := <-announced:
			announced = nil
			if err == nil {
				continue
			}
			failed = err
			cancel()
		case err := <-ended:
			return errors.Join(failed, unasked(runCtx, err))
		case <-runCtx.Done():
			return errors.Join(failed, await(env.Process.StopTimeout, ended))
		}
	}
}

// await waits for the end of a runner that was told to stop.
func await(bound time.Duration, ended <-chan error) error {
	timer := time.NewTimer(bound)
	defer timer.Stop()
	select {
	case err := <-ended:
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	case <-timer.C:
		return fmt.Errorf("%w: more than %v; raise --stop-timeout if it needs that", ErrStopTimeout, bound)
	}
}

// unasked returns why a runner ended without being asked to, and nil if it was asked.
func unasked(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		if err == nil {
			return ErrEnded
		}
		return err
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func bounded(bound time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return await(bound, done)
}

// announce tells the log, and the file of --announce, where we listen.
func announce(ctx context.Context, env *Env, a Announcement, runner Runner) error {
	if server, ok := runner.(addressed); ok {
		var err error
		if a.Address, err = awaitAddress(ctx, server); err != nil {
			return nil //nolint:nilerr // Ended before it listened: run says why.
		}
	}
	line := env.Logger.Info().Str("version", Version()).Int("pid", a.PID).Str("admin_address", a.AdminAddress)
	for _, t := range env.told {
		line = line.Str(t.key, t.value)
	}
	if a.Address != "" {
		line = line.Str("address", a.Address)
	}
	if a.PprofAddress != "" {
		line = line.Str("pprof_address", a.PprofAddress)
	}
	line.Msg("started")
	if env.Process.Announce == "" {
		return nil
	}
	return Announce(env.Process.Announce, a)
}

func awaitAddress(ctx context.Context, server addressed) (string, error) {
	tick := time.NewTicker(addressPoll)
	defer tick.Stop()
	for {
		if address := server.Addr(); address != "" {
			return address, nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-tick.C:
		}
	}
}
