package mesosim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/election"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/internal/zktest"
)

// ensemble is a cluster of several masters.
type ensemble struct {
	t    *testing.T
	addr election.Address
	zk   *zktest.Server
}

// candidate is one of its masters.
type candidate struct {
	*node
	ended chan error
}

func newEnsemble(t *testing.T) *ensemble {
	t.Helper()
	server := zktest.Start(t)
	return &ensemble{t: t, zk: server, addr: election.Address{Servers: []string{server.Addr}, Path: "/mesos"}}
}

// master starts one and waits for its place, which is an answer to GET.
func (e *ensemble) master(status int) *candidate {
	e.t.Helper()
	m, err := master.New(master.Options{
		WorkDir: e.t.TempDir(), Election: &e.addr, AllocationInterval: 20 * time.Millisecond, Log: zerolog.Nop(),
	})
	if err != nil {
		e.t.Fatal(err)
	}
	c := &candidate{ended: make(chan error, 1)}
	c.node = run(e.t, m.Addr(), func(ctx context.Context) error {
		err := m.Run(ctx)
		c.ended <- err
		if errors.Is(err, master.ErrLeadershipLost) {
			return nil
		}
		return err
	})
	c.await(e.t, status)
	return c
}

// await waits until a master has a place, and tells where it redirects to.
// ZooKeeper may have to start for that.
func (c *candidate) await(t *testing.T, status int) (location string) {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	testwait.Until(t, fmt.Sprintf("%s answers %d", c.addr, status), func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+c.addr+"/api/v1/scheduler", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		location = res.Header.Get("Location")
		return res.StatusCode == status
	})
	return location
}

const (
	leading  = http.StatusMethodNotAllowed
	standing = http.StatusTemporaryRedirect
)

func (e *ensemble) agent(n int) *node {
	e.t.Helper()
	rs, err := resource.Parse("cpus:4;mem:2048;ports:[" + strconv.Itoa(31000+100*n) + "-" + strconv.Itoa(31099+100*n) + "]")
	if err != nil {
		e.t.Fatal(err)
	}
	a, err := agent.New(agent.Options{
		Election: &e.addr, WorkDir: filepath.Join(e.t.TempDir(), "agent"), Resources: rs, Executor: agent.Simulated,
		Backoff: 20 * time.Millisecond, Log: zerolog.Nop(),
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return run(e.t, a.Addr(), a.Run)
}

// The leader ends; the other master leads with the registry, agents come over
// with their tasks, and the framework subscribes with its id as if nothing was.
func TestFailoverToAnotherMaster(t *testing.T) {
	e := newEnsemble(t)
	first := e.master(leading)
	second := e.master(standing)
	if got := second.await(t, standing); got != "//"+first.addr+"/master/api/v1/scheduler" {
		t.Errorf("the standby points to %q", got)
	}
	e.agent(0)
	away := e.agent(1)
	f := subscribe(t, first.addr, newInfo())
	a, b := f.offer(), f.offer()
	for b.AgentID == a.AgentID {
		b = f.offer()
	}
	if first, ok := firstPort(a); ok && first != 31000 {
		a, b = b, a // a is of the agent that stays
	}
	f.launch(a, newTask("a", a))
	f.expect("a", mesos.TASK_STARTING, mesos.TASK_RUNNING)
	f.launch(b, newTask("b", b))
	f.expect("b", mesos.TASK_STARTING, mesos.TASK_RUNNING)

	away.stop()
	first.stop()
	second.await(t, leading)
	g := subscribe(t, second.addr, f.info)
	g.seen = f.seen // an acknowledgement may have been lost with the old leader
	if g.info.ID.Value != f.info.ID.Value {
		t.Fatalf("framework id %s became %s", f.info.ID.Value, g.info.ID.Value)
	}
	if again := g.offer(); again.AgentID != a.AgentID {
		t.Errorf("agent id %s became %s", a.AgentID.Value, again.AgentID.Value)
	}
	g.reconcile("a", a.AgentID.Value)
	g.expect("a", mesos.TASK_RUNNING)
	// The other agent is known from the registry alone: recovered, so there is no
	// answer about its tasks (5.1); the next one is about another task.
	g.reconcile("b", b.AgentID.Value)
	g.reconcile("c", a.AgentID.Value)
	g.expect("c", mesos.TASK_GONE)
	g.kill("a", a.AgentID.Value)
	g.expect("a", mesos.TASK_KILLED)
}

func firstPort(o mesos.Offer) (uint64, bool) {
	for _, r := range o.Resources {
		if r.Name == "ports" && len(r.GetRanges().GetRange()) > 0 {
			return r.Ranges.Range[0].Begin, true
		}
	}
	return 0, false
}

// A leader whose node is gone ends itself, for another one leads.
func TestLostLeadership(t *testing.T) {
	e := newEnsemble(t)
	first := e.master(leading)
	second := e.master(standing)
	conn, _, err := zk.Connect(e.addr.Servers, time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Delete("/mesos/json.info_0000000000", -1); err != nil {
		t.Fatal(err)
	}
	if err := <-first.ended; !errors.Is(err, master.ErrLeadershipLost) {
		t.Errorf("the old leader ended with %v", err)
	}
	second.await(t, leading)
	third := e.master(standing)
	second.stop()
	third.await(t, leading)
}

// A leader that ends without a word, as when it is killed, is replaced when its
// session expires; ZooKeeper may be away meanwhile.
func TestLeaderEndsWithoutAWord(t *testing.T) {
	e := newEnsemble(t)
	first := e.master(leading)
	standby := e.master(standing)
	e.zk.Stop()
	first.stop()
	e.zk.Restart()
	standby.await(t, leading)
}
