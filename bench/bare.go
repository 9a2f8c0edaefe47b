package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
)

// TasksPerAgent is how many tasks of Bare and Taurus an agent has room for.
const TasksPerAgent = 50

// size is what a task takes: a fiftieth of an agent's four cores.
var size = offer.Resources{CPUs: 80, Mem: 64_000} //nolint:gochecknoglobals // A constant.

// refuse keeps what is left of an offer away for as long as a benchmark takes.
const refuse = time.Hour

// ErrEnded is returned when a subscription ends before all tasks run.
var ErrEnded = errors.New("the subscription ended")

// Bare is a scheduler that keeps nothing and decides nothing: it fills every
// offer, acknowledges every status and counts. No framework can be faster with
// this client.
type Bare struct {
	Config mesos.Config
	// Acks is how many acknowledgements are on their way at a time.
	Acks int
}

// Launch runs n tasks and returns how long it took from the first offer until
// the last was seen RUNNING and acknowledged.
func (b Bare) Launch(ctx context.Context, n int) (time.Duration, error) {
	client, err := mesos.NewClient(b.Config)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	sub, err := client.Subscribe(ctx, mesos.Framework{
		Name: "bare", User: "root", Roles: []string{"*"}, Checkpoint: true, FailoverTimeout: time.Hour,
	})
	if err != nil {
		return 0, err
	}
	defer sub.Close()
	run := &bareRun{sub: sub, want: n, acks: make(chan mesos.Status, n)}
	var workers sync.WaitGroup
	for range b.Acks {
		workers.Go(func() { run.acknowledge(ctx) })
	}
	err = run.all(ctx)
	close(run.acks)
	workers.Wait()
	return time.Since(run.began), errors.Join(err, run.err)
}

// bareRun is one Launch.
type bareRun struct {
	sub   *mesos.Subscription
	want  int
	began time.Time

	launched, running int
	acks              chan mesos.Status

	mu  sync.Mutex
	err error // of an acknowledgement
}

func (r *bareRun) all(ctx context.Context) error {
	for r.running < r.want {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case ev, ok := <-r.sub.Events():
			if !ok {
				return fmt.Errorf("%w: %w", ErrEnded, r.sub.Err())
			}
			if err := r.take(ctx, ev); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *bareRun) take(ctx context.Context, ev mesos.Event) error {
	switch ev := ev.(type) {
	case mesos.Offers:
		if r.began.IsZero() {
			r.began = time.Now()
		}
		for i := range ev.Offers {
			if err := r.fill(ctx, &ev.Offers[i]); err != nil {
				return err
			}
		}
	case mesos.Update:
		if ev.Status.State == "TASK_RUNNING" {
			r.running++
		}
		if len(ev.Status.UUID) > 0 {
			r.acks <- ev.Status
		}
	case mesos.Rescind, mesos.InverseOffers, mesos.RescindInverse, mesos.Failure, mesos.MasterError, mesos.Heartbeat:
	}
	return nil
}

// fill launches as many tasks on an offer as fit and are wanted.
func (r *bareRun) fill(ctx context.Context, o *offer.Offer) error {
	a := mesos.Accept{OfferIDs: []string{o.ID}, RefuseLeftovers: refuse}
	left := o.Resources
	for r.launched < r.want && left.CPUs >= size.CPUs && left.Mem >= size.Mem {
		left.CPUs, left.Mem = left.CPUs-size.CPUs, left.Mem-size.Mem
		a.Launches = append(a.Launches, launchOf(o, r.launched))
		r.launched++
	}
	if len(a.Launches) == 0 {
		return r.sub.Decline(ctx, a.OfferIDs, refuse)
	}
	return r.sub.Accept(ctx, a, nil)
}

func launchOf(o *offer.Offer, i int) mesos.Launch {
	return mesos.Launch{
		TaskID: fmt.Sprintf("bare-web-1-%d-1", i), Name: "web", AgentID: o.AgentID, Role: "*", Hostname: o.Hostname,
		Resources: size, Group: group(), Job: "bare", Run: 1, Slot: uint32(i), Attempt: 1, Version: 1,
	}
}

func group() *job.Group {
	return &job.Group{Name: "web", Role: "web", Container: &job.Container{Image: "busybox", Network: job.NetworkBridge}}
}

func (r *bareRun) acknowledge(ctx context.Context) {
	for s := range r.acks {
		if err := r.sub.Acknowledge(ctx, s.AgentID, s.TaskID, s.UUID); err != nil {
			r.mu.Lock()
			r.err = errors.Join(r.err, err)
			r.mu.Unlock()
			return
		}
	}
}
