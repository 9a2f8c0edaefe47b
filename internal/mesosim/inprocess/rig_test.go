package inprocess_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/inprocess"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// rig is a cluster with taurus' own client on it.
type rig struct {
	t       *testing.T
	cluster *inprocess.Cluster
	process *inprocess.Client
	sub     *mesos.Subscription
	killer  *mesos.Killer
	began   time.Time
	history []string
}

func start(t *testing.T, opts inprocess.Options) *inprocess.Cluster {
	t.Helper()
	opts.Log = zerolog.Nop()
	c, err := inprocess.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func config(c *inprocess.Cluster, p *inprocess.Client) mesos.Config {
	return mesos.Config{Master: c.Addr(), Transport: p.Transport, Log: zerolog.Nop()}
}

// subscribe makes a rig; its end is up to the test, for a bubble must be empty.
func subscribe(t *testing.T, c *inprocess.Cluster, name, framework string) *rig {
	t.Helper()
	r := &rig{t: t, cluster: c, process: c.Network().Client(name), began: time.Now()}
	client, err := mesos.NewClient(config(c, r.process))
	if err != nil {
		t.Fatal(err)
	}
	r.sub, err = client.Subscribe(t.Context(), mesos.Framework{
		ID: framework, Name: "f", User: "root", Roles: []string{"*"}, Checkpoint: true, FailoverTimeout: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.killer, err = mesos.NewKiller(config(c, r.process)); err != nil {
		t.Fatal(err)
	}
	return r
}

// next waits for an event other than a heartbeat.
func (r *rig) next() mesos.Event {
	r.t.Helper()
	limit := time.After(time.Hour)
	for {
		select {
		case ev, ok := <-r.sub.Events():
			if !ok {
				r.t.Fatalf("the subscription ended: %v", r.sub.Err())
			}
			if _, beat := ev.(mesos.Heartbeat); beat {
				continue
			}
			r.note(ev)
			return ev
		case <-limit:
			r.t.Fatal("no event for an hour")
		}
	}
}

// note keeps what happened when, without the ids that are random.
func (r *rig) note(ev mesos.Event) {
	line := fmt.Sprintf("%s %T", time.Since(r.began), ev)
	switch ev := ev.(type) {
	case mesos.Update:
		line += " " + ev.Status.TaskID + " " + ev.Status.State
	case mesos.Offers:
		for _, o := range ev.Offers {
			line += " " + o.Hostname
		}
	case mesos.Rescind, mesos.InverseOffers, mesos.RescindInverse, mesos.Failure, mesos.MasterError, mesos.Heartbeat:
	}
	r.history = append(r.history, line)
}

func (r *rig) offer() offer.Offer {
	r.t.Helper()
	for {
		if o, ok := r.next().(mesos.Offers); ok {
			return o.Offers[0]
		}
	}
}

// expect waits for states of a task, and acknowledges them.
func (r *rig) expect(id string, states ...string) mesos.Status {
	r.t.Helper()
	var last mesos.Status
	for _, want := range states {
		for {
			u, ok := r.next().(mesos.Update)
			if !ok || u.Status.TaskID != id {
				continue
			}
			r.acknowledge(u.Status)
			if u.Status.State != want {
				r.t.Fatalf("%s is %s (%s), want %s", id, u.Status.State, u.Status.Message, want)
			}
			last = u.Status
			break
		}
	}
	return last
}

func (r *rig) acknowledge(s mesos.Status) {
	r.t.Helper()
	if len(s.UUID) == 0 {
		return
	}
	if err := r.sub.Acknowledge(r.t.Context(), s.AgentID, s.TaskID, s.UUID); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) launch(o offer.Offer, id string) error {
	r.t.Helper()
	return r.sub.Accept(r.t.Context(), mesos.Accept{OfferIDs: []string{o.ID}, Launches: []mesos.Launch{{
		TaskID: id, Name: id, AgentID: o.AgentID, Role: "*", Hostname: o.Hostname,
		Resources: offer.Resources{CPUs: 100, Mem: 32_000}, Job: "j", Attempt: 1,
		Group: &job.Group{Name: "g", Role: "web", Container: &job.Container{Image: "x", Network: job.NetworkBridge}},
	}}}, nil)
}

func (r *rig) kill(o offer.Offer, id string) {
	r.t.Helper()
	if err := r.killer.Kill(r.t.Context(), r.sub.Target(), id, o.AgentID, 0); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) end() {
	r.sub.Close()
	r.killer.Close()
}

// broken reports whether an error is that of a broken connection.
func broken(err error) bool {
	return errors.Is(err, inprocess.ErrReset) || errors.Is(err, inprocess.ErrRefused) || errors.Is(err, io.EOF)
}
