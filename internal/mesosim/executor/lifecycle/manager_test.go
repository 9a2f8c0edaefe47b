package lifecycle_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
)

// fake is a driver with one workload, whose life the test plays.
type fake struct {
	prepare func(ctx context.Context) error
	start   error
	probe   func() error

	mu      sync.Mutex
	started int
	hiccups int // calls of Find and Wait that fail first
	stops   []time.Duration
	forgot  int
	ended   chan lifecycle.Exit
}

func (f *fake) Prepare(ctx context.Context, _ executor.Task) error {
	if f.prepare == nil {
		return nil
	}
	return f.prepare(ctx)
}

func (f *fake) Start(context.Context, executor.Task) (lifecycle.Workload, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.start != nil {
		return nil, f.start
	}
	f.started = 1
	return f, nil
}

// hiccup fails for a while.
func (f *fake) hiccup() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hiccups == 0 {
		return nil
	}
	f.hiccups--
	return errors.New("too many open files")
}

func (f *fake) Find(context.Context, executor.Task) (lifecycle.Workload, error) {
	if err := f.hiccup(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.started == 0 {
		return nil, lifecycle.ErrNotFound
	}
	return f, nil
}

func (f *fake) Forget(context.Context, executor.Run) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgot++
	return nil
}

func (f *fake) Describe(context.Context) (lifecycle.Description, error) {
	return lifecycle.Description{Data: []byte("data"), IPs: []string{"10.0.0.2"}, PID: 7, Since: time.Now()}, nil
}

func (f *fake) Stop(_ context.Context, grace time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stops = append(f.stops, grace)
	return nil
}

// stopped returns the graces of the stops since the last call.
func (f *fake) stopped() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.stops = nil }()
	return f.stops
}

func (f *fake) Wait(ctx context.Context) (lifecycle.Exit, error) {
	if err := f.hiccup(); err != nil {
		return lifecycle.Exit{}, err
	}
	select {
	case e, ok := <-f.ended:
		if !ok {
			return e, lifecycle.ErrVanished
		}
		return e, nil
	case <-ctx.Done():
		return lifecycle.Exit{}, ctx.Err()
	}
}

func (f *fake) Probe(context.Context, *mesos.HealthCheck) error { return f.probe() }

// stage is a manager over a fake with a sink that keeps states.
type stage struct {
	*lifecycle.Manager
	t      *testing.T
	fake   *fake
	dir    string
	mu     sync.Mutex
	states []executor.Status
}

var task = executor.Task{
	Run:          executor.Run{FrameworkID: "f", ExecutorID: "t", ContainerID: "c"},
	KillingState: true,
}

func newStage(t *testing.T, dir string, f *fake, changes ...func(*lifecycle.Options)) *stage {
	t.Helper()
	if f.ended == nil {
		f.ended = make(chan lifecycle.Exit)
	}
	s := &stage{t: t, fake: f, dir: dir}
	opts := lifecycle.Options{
		Driver: f, Sink: s.take, Log: zerolog.Nop(), StateDir: dir, Noun: "Container", Vanished: "Container terminated",
		Grace: 5 * time.Second,
	}
	for _, change := range changes {
		change(&opts)
	}
	m, err := lifecycle.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Manager = m
	return s
}

func (s *stage) take(_ executor.Run, st executor.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states = append(s.states, st)
}

// want waits until nothing moves and compares the states.
func (s *stage) want(want ...mesos.TaskState) []executor.Status {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var got []mesos.TaskState
	for _, st := range s.states {
		got = append(got, st.State)
	}
	if !slices.Equal(got, want) {
		s.t.Fatalf("states are %v, want %v", got, want)
	}
	return s.states
}

func (s *stage) close() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Error(err)
	}
}

func TestRunningCarriesTheDescription(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, dir, &fake{})
		defer s.close()
		s.Launch(t.Context(), task)
		r := s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)[1]
		if string(r.Data) != "data" || !slices.Equal(r.IPs, []string{"10.0.0.2"}) || r.PID != 7 {
			t.Errorf("TASK_RUNNING is %+v", r)
		}
		s.fake.ended <- lifecycle.Exit{}
		end := s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_FINISHED)[2]
		if end.Data != nil || end.IPs != nil || s.fake.forgot != 1 {
			t.Errorf("the end is %+v, forgotten %d times", end, s.fake.forgot)
		}
	})
}

func TestKillWhilePreparing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{prepare: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		s := newStage(t, dir, f)
		defer s.close()
		s.Launch(t.Context(), task)
		s.want()
		s.Kill(task.Run, time.Second)
		end := s.want(mesos.TASK_KILLED)[0]
		if end.Source != mesos.SOURCE_AGENT || *end.Reason != mesos.REASON_TASK_KILLED_DURING_LAUNCH ||
			end.Message != "Killed before delivery to the executor" || f.started != 0 {
			t.Errorf("the end is %+v, started %d times", end, f.started)
		}
	})
}

func TestFailuresToLaunch(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	tests := map[string]struct {
		fake    *fake
		states  []mesos.TaskState
		source  mesos.TaskStatus_Source
		reason  *mesos.TaskStatus_Reason
		message string
	}{
		"prepare": {
			&fake{prepare: func(context.Context) error { return boom }},
			[]mesos.TaskState{mesos.TASK_FAILED},
			mesos.SOURCE_AGENT, mesos.REASON_CONTAINER_LAUNCH_FAILED.Enum(), "Failed to launch container: boom",
		},
		"start": {
			&fake{start: &lifecycle.StartError{Message: "Container exited with status 125"}},
			[]mesos.TaskState{mesos.TASK_STARTING, mesos.TASK_FAILED},
			mesos.SOURCE_EXECUTOR, nil, "Container exited with status 125",
		},
		"vanished at start": {
			&fake{start: lifecycle.ErrVanished},
			[]mesos.TaskState{mesos.TASK_STARTING, mesos.TASK_FAILED},
			mesos.SOURCE_AGENT, mesos.REASON_EXECUTOR_TERMINATED.Enum(), "Container terminated",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, dir, tt.fake)
				defer s.close()
				s.Launch(t.Context(), task)
				states := s.want(tt.states...)
				end := states[len(states)-1]
				if end.Source != tt.source || end.Message != tt.message || (end.Reason == nil) != (tt.reason == nil) ||
					end.Reason != nil && *end.Reason != *tt.reason {
					t.Errorf("the end is %+v, want %v %v %q", end, tt.source, tt.reason, tt.message)
				}
			})
		})
	}
}

// A kill that was stored is carried out by the next agent process, and the run
// ends as TASK_KILLED although it exits with 0.
func TestKillSurvivesTheAgent(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]mesos.TaskState{"known as running": mesos.TASK_RUNNING, "known as killing": mesos.TASK_KILLING} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{}
				s := newStage(t, dir, f)
				s.Launch(t.Context(), task)
				s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)
				s.Kill(task.Run, 9*time.Second)
				s.close()

				s = newStage(t, dir, f)
				defer s.close()
				f.stopped()
				s.Recover(t.Context(), task, last)
				want := []mesos.TaskState{mesos.TASK_KILLING, mesos.TASK_KILLED}
				if last == mesos.TASK_KILLING {
					want = want[1:]
				}
				s.want(want[:len(want)-1]...)
				if got := f.stopped(); !slices.Equal(got, []time.Duration{9 * time.Second}) {
					t.Errorf("stopped with graces %v, want 9 s", got)
				}
				f.ended <- lifecycle.Exit{}
				s.want(want...)
			})
		})
	}
}

// The agent died between storing a kill and starting what it had announced.
func TestKilledBeforeItWasStarted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{prepare: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		s := newStage(t, dir, f)
		s.Launch(t.Context(), task)
		s.Kill(task.Run, 0)
		s.close()
		f.prepare = nil
		for last, want := range map[mesos.TaskState]string{
			mesos.TASK_STAGING:  "Killed before delivery to the executor",
			mesos.TASK_STARTING: "Killed before it was started",
		} {
			if err := os.MkdirAll(filepath.Join(dir, "c"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "c", "kill.json"), []byte(`{"cause":"kill","grace_ns":0}`), 0o600); err != nil {
				t.Fatal(err)
			}
			s = newStage(t, dir, f)
			s.Recover(t.Context(), task, last)
			if end := s.want(mesos.TASK_KILLED)[0]; end.Message != want {
				t.Errorf("from %v it ended with %q, want %q", last, end.Message, want)
			}
			s.close()
		}
		if f.started != 0 {
			t.Error("started all the same")
		}
	})
}

// The run is forgotten only after the sink has its end; a crash in between is
// made up for by Recover.
func TestTidyingUpAfterACrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{started: 1}
		s := newStage(t, dir, f)
		defer s.close()
		s.Recover(t.Context(), task, mesos.TASK_FAILED)
		s.want()
		if f.forgot != 1 {
			t.Errorf("forgotten %d times, want once", f.forgot)
		}
	})
}

func TestVanishedWhileWatched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, dir, &fake{})
		defer s.close()
		s.Launch(t.Context(), task)
		s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)
		close(s.fake.ended)
		end := s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_FAILED)[2]
		if *end.Reason != mesos.REASON_EXECUTOR_TERMINATED || end.Message != "Container terminated" {
			t.Errorf("the end is %+v", end)
		}
	})
}

// A failure to look at a run is not the run's failure: it is neither reported as
// ended nor removed.
func TestFailureToLookIsNoFailureOfTheRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{started: 1, hiccups: 3}
		s := newStage(t, dir, f)
		defer s.close()
		s.Recover(t.Context(), task, mesos.TASK_RUNNING)
		time.Sleep(time.Minute)
		s.want()
		s.close()

		s = newStage(t, dir, &fake{hiccups: 3}) // Now Wait fails.
		defer s.close()
		s.Launch(t.Context(), task)
		time.Sleep(time.Minute)
		s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)
		s.fake.ended <- lifecycle.Exit{Code: 2}
		end := s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_FAILED)[2]
		if end.Message != "Container exited with status 2" {
			t.Errorf("ended with %q", end.Message)
		}
		if f.forgot != 0 {
			t.Error("a run that goes on was forgotten")
		}
	})
}

// As in transcript 93 of the conformance runs against Mesos 1.12.
func TestUnhealthyTaskIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		zero, one, two := 0.0, 1.0, uint32(2)
		sick := task
		sick.Info.HealthCheck = &mesos.HealthCheck{
			DelaySeconds: &zero, IntervalSeconds: &one, GracePeriodSeconds: &zero, ConsecutiveFailures: &two,
		}
		sick.Info.KillPolicy = &mesos.KillPolicy{GracePeriod: &mesos.DurationInfo{Nanoseconds: int64(time.Minute)}}
		s := newStage(t, dir, &fake{probe: func() error { return errors.New("sick") }})
		defer s.close()
		s.Launch(t.Context(), sick)
		time.Sleep(time.Minute)
		states := s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_RUNNING, mesos.TASK_RUNNING, mesos.TASK_KILLING)
		for _, h := range states[2:4] {
			if h.Data != nil || !slices.Equal(h.IPs, []string{"10.0.0.2"}) || *h.Healthy ||
				*h.Reason != mesos.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED {
				t.Errorf("the health update is %+v", h)
			}
		}
		if got := s.fake.stopped(); !slices.Equal(got, []time.Duration{time.Minute}) {
			t.Errorf("stopped with graces %v, want the kill policy's minute", got)
		}
		s.fake.ended <- lifecycle.Exit{Code: 137}
		end := s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_RUNNING, mesos.TASK_RUNNING, mesos.TASK_KILLING,
			mesos.TASK_KILLED)[5]
		if end.Healthy == nil || *end.Healthy || end.Reason != nil || end.Message != "Container exited with status 137" {
			t.Errorf("the end is %+v", end)
		}
	})
}

// max_completion_time counts from the start, not from the agent's restart.
func TestMaxCompletionTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		short := task
		short.Info.MaxCompletionTime = &mesos.DurationInfo{Nanoseconds: int64(time.Hour)}
		s := newStage(t, dir, &fake{})
		defer s.close()
		s.Launch(t.Context(), short)
		time.Sleep(time.Hour - 1)
		s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)
		if len(s.fake.stopped()) != 0 {
			t.Fatal("stopped too early")
		}
		time.Sleep(time.Nanosecond)
		s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING) // No TASK_KILLING.
		if got := s.fake.stopped(); !slices.Equal(got, []time.Duration{0}) {
			t.Errorf("stopped with graces %v, want 0", got)
		}
		s.Kill(short.Run, time.Minute) // Does not change why it ends.
		s.fake.ended <- lifecycle.Exit{Signal: "Terminated"}
		end := s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_FAILED)[2]
		if *end.Reason != mesos.REASON_MAX_COMPLETION_TIME_REACHED || end.Message != "Container terminated with signal Terminated" {
			t.Errorf("the end is %+v", end)
		}
	})
}

// Zero is no limit, and a limit that is reached during a kill does not shorten its
// grace (Mesos' executors stop that clock when a kill comes).
func TestMaxCompletionTimeThatDoesNotCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit time.Duration
		kill  bool
		stops []time.Duration
	}{
		"zero":              {limit: 0},
		"after a kill":      {limit: time.Minute, kill: true, stops: []time.Duration{time.Hour}},
		"zero and a kill":   {limit: 0, kill: true, stops: []time.Duration{time.Hour}},
		"negative, skipped": {limit: -time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				limited := task
				limited.KillingState = false
				limited.Info.MaxCompletionTime = &mesos.DurationInfo{Nanoseconds: int64(c.limit)}
				s := newStage(t, dir, &fake{})
				defer s.close()
				s.Launch(t.Context(), limited)
				s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)
				if c.kill {
					s.Kill(limited.Run, time.Hour)
				}
				time.Sleep(2 * time.Minute)
				s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)
				if got := s.fake.stopped(); !slices.Equal(got, c.stops) {
					t.Errorf("stopped with graces %v, want %v", got, c.stops)
				}
			})
		})
	}
}

// Where graces shrink only, a kill that is repeated changes nothing, also across
// a restart of the agent; one that is sooner due does.
func TestGraceShrinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shrinks := func(o *lifecycle.Options) { o.GraceShrinks = true }
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		s := newStage(t, dir, f, shrinks)
		s.Launch(t.Context(), task)
		s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)
		stop := func(grace, want time.Duration) {
			t.Helper()
			s.Kill(task.Run, grace)
			synctest.Wait()
			if got := f.stopped(); !slices.Equal(got, []time.Duration{want}) {
				t.Errorf("a kill with %v stops with %v, want %v", grace, got, want)
			}
		}
		stop(time.Minute, time.Minute)
		time.Sleep(20 * time.Second)
		stop(time.Minute, 40*time.Second)
		stop(time.Hour, 40*time.Second)
		stop(30*time.Second, 10*time.Second)
		stop(time.Second, 0)
		s.close()

		s = newStage(t, dir, f, shrinks)
		defer s.close()
		f.stopped()
		s.Recover(t.Context(), task, mesos.TASK_KILLING)
		synctest.Wait()
		if got := f.stopped(); !slices.Equal(got, []time.Duration{0}) {
			t.Errorf("the next agent stops with %v, want what is left of the grace, 0", got)
		}
	})
}

func TestNothingAfterClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, dir, &fake{})
		s.Launch(t.Context(), task)
		s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)
		s.close()
		s.Launch(t.Context(), executor.Task{Run: executor.Run{ContainerID: "another"}})
		s.Kill(task.Run, 0)
		s.want(mesos.TASK_STARTING, mesos.TASK_RUNNING)
		if s.fake.forgot != 0 {
			t.Error("a run that goes on was forgotten")
		}
	})
}

func TestOptionsThatLackSomething(t *testing.T) {
	t.Parallel()
	if _, err := lifecycle.New(lifecycle.Options{StateDir: t.TempDir()}); !errors.Is(err, lifecycle.ErrNoSink) {
		t.Errorf("without a sink: %v", err)
	}
	sink := func(executor.Run, executor.Status) {}
	if _, err := lifecycle.New(lifecycle.Options{Sink: sink, StateDir: "relative"}); !errors.Is(err, lifecycle.ErrNoStateDir) {
		t.Errorf("with a relative state directory: %v", err)
	}
}
