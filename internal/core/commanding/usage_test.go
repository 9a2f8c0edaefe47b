package commanding_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// counter is a write path on a log in which so much is left. Records are as large as
// they are, and no answers come unless told.
type counter struct {
	*clustertest.Log
	t *testing.T
	m *commanding.Machine
	// drafts are what was appended, in order, and tickets those of the appends.
	drafts  []machine.Draft
	tickets []uint64
	asked   uint64
}

func newCounter(t *testing.T) *counter {
	l := clustertest.New()
	c := &counter{Log: l, t: t, m: commanding.New(config(), l.State)}
	c.Elect()
	c.step(machine.CaughtUp{})
	return c
}

// running submits a job of so many tasks, which run.
func (c *counter) running(id string, tasks uint32) *cluster.Job {
	c.t.Helper()
	j := c.Submit(clustertest.Service(id, tasks))
	c.Plan(id, events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, tasks-1, 1)})
	for n := range tasks {
		c.Stage(j.Slots[n].Newest())
		c.Report(j.Slots[n].Newest(), "TASK_RUNNING", "u")
	}
	return j
}

func (c *counter) step(in machine.Input) (err error) {
	c.t.Helper()
	for _, e := range c.m.Step(machine.Moment{Now: c.Now, Log: c.Now}, in) {
		switch e := e.(type) {
		case machine.Append:
			c.drafts, c.tickets = append(c.drafts, e.Drafts...), append(c.tickets, e.Ticket)
		case commanding.Answer:
			err = e.Err
		case commanding.AskUsage:
			c.t.Fatal("it asks how full the log is")
		}
	}
	return err
}

// left says that the log has so many bytes left, of very many or of just as many.
func (c *counter) left(free uint64) {
	c.t.Helper()
	if err := c.step(commanding.Usage{Bytes: 0, MaxBytes: free}); err != nil {
		c.t.Fatal(err)
	}
}

// ask asks for a command and returns why it is not carried out, nil if its append is
// under way.
func (c *counter) ask(id string, command submission.Command) error {
	c.t.Helper()
	c.asked++
	before := len(c.drafts)
	err := c.step(commanding.Asked{Ticket: c.asked, Job: id, Command: command})
	if (err == nil) != (len(c.drafts) == before+1) {
		c.t.Fatalf("%T of %s: %v, and %d drafts", command, id, err, len(c.drafts)-before)
	}
	return err
}

// size is what the newest append takes.
func (c *counter) size() uint64 {
	c.t.Helper()
	d := c.drafts[len(c.drafts)-1]
	m, err := events.Encode(d.Subject, d.Envelope, d.Event)
	if err != nil {
		c.t.Fatal(err)
	}
	return reserve.Size(m)
}

// fold lets the log show an append, the first being 0.
func (c *counter) fold(n int) {
	c.t.Helper()
	d := c.drafts[n]
	c.Append(events.Subject{Role: events.RoleJob, Job: d.Event.(events.JobStopped).Reason}, d.Envelope, d.Event)
	r := c.Records[len(c.Records)-1]
	if err := c.step(machine.Folded{Record: &r}); err != nil {
		c.t.Fatal(err)
	}
	if err := c.step(machine.Appended{Ticket: c.tickets[n], Outcome: machine.Outcome{Answer: machine.Stored, Last: r.Sequence}}); err != nil {
		c.t.Fatal(err)
	}
}

func specOf(t *testing.T, id string, tasks uint32) (submission.Submit, uint64) {
	t.Helper()
	spec := clustertest.Service(id, tasks)
	spec.Normalise()
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return submission.Submit{Spec: data}, reserve.OfSubmission(spec)
}

// sized is how large a command's event is, found out where there is room for all.
func sized(t *testing.T, prepare func(*counter), id string, command submission.Command) uint64 {
	t.Helper()
	c := newCounter(t)
	prepare(c)
	c.left(1 << 40)
	if err := c.ask(id, command); err != nil {
		t.Fatal(err)
	}
	return c.size()
}

// TestWhatASubmissionNeeds: its own bytes, all that it will need, and all that others
// need and were promised; a byte less is too little.
func TestWhatASubmissionNeeds(t *testing.T) {
	prepare := func(c *counter) {
		c.running("web", 3)
		c.Submit(clustertest.Service("promised", 5))
	}
	submit, needs := specOf(t, "new", 4)
	for less := range uint64(2) {
		c := newCounter(t)
		prepare(c)
		n := reserve.Of(c.State)
		if n.Due == 0 || n.Ends == 0 || n.Promises == 0 {
			t.Fatalf("%+v", n)
		}
		c.left(n.Due + n.Ends + n.Promises + needs + sized(t, prepare, "new", submit) - less)
		if err := c.ask("new", submit); (err != nil) != (less > 0) || err != nil && !errors.Is(err, commanding.ErrNearlyFull) {
			t.Errorf("%d bytes less than it needs: %v", less, err)
		}
	}
}

// TestWhatAnUpdateNeeds: room for the tasks that it replaces and adds, as a submission
// has for its own; one that reaches no task is accepted as long as the ends have room.
func TestWhatAnUpdateNeeds(t *testing.T) {
	prepare := func(c *counter) {
		c.running("web", 3)
		c.Submit(clustertest.Service("promised", 5))
	}
	update := func(change func(*job.Spec)) submission.Command {
		spec := clustertest.Service("web", 3)
		change(spec)
		spec.Normalise()
		data, err := spec.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return submission.Update{Spec: data}
	}
	for name, row := range map[string]struct {
		command submission.Command
		tasks   uint64
	}{
		"another image":       {update(func(s *job.Spec) { s.Tasks[0].Container.Image = "y" }), 3},
		"and two more":        {update(func(s *job.Spec) { s.Tasks[0].Container.Image, s.Tasks[0].Replicas = "y", 5 }), 5},
		"two more":            {update(func(s *job.Spec) { s.Tasks[0].Replicas = 5 }), 2},
		"another group":       {update(func(s *job.Spec) { s.Tasks[0].Name = "db" }), 3},
		"fewer":               {update(func(s *job.Spec) { s.Tasks[0].Replicas = 1 }), 0},
		"labels":              {update(func(s *job.Spec) { s.Labels = map[string]string{"a": "b"} }), 0},
		"a restart":           {submission.Restart{}, 3},
		"a restart of a slot": {submission.Restart{Slots: []uint32{1}}, 1},
		"a tag":               {submission.Tag{Version: 1, Name: "good"}, 0},
	} {
		for less := range uint64(2) {
			c := newCounter(t)
			prepare(c)
			n := reserve.Of(c.State)
			free := n.Due + n.Ends
			if row.tasks > 0 {
				free += n.Promises + row.tasks*reserve.OfNew("web")
			}
			c.left(free + sized(t, prepare, "web", row.command) - less)
			err := c.ask("web", row.command)
			if (err != nil) != (less > 0) || err != nil && errors.Is(err, commanding.ErrNearlyFull) != (row.tasks > 0) {
				t.Errorf("%s, %d bytes less than it needs: %v", name, less, err)
			}
		}
	}
}

// TestWhatIsUnderWayIsCounted: submissions of which the fold has not shown the first
// have no more room together than one after the other, though it is counted anew and
// though the log was asked again meanwhile.
func TestWhatIsUnderWayIsCounted(t *testing.T) {
	first, needs := specOf(t, "a", 4)
	second, _ := specOf(t, "b", 4)
	size := sized(t, func(*counter) {}, "a", first)
	for _, again := range []bool{false, true} {
		for less := range uint64(2) {
			c := newCounter(t)
			n := reserve.Of(c.State)
			free := n.Due + 2*(needs+size) - less
			c.left(free)
			if err := c.ask("a", first); err != nil {
				t.Fatal(err)
			}
			if again {
				c.left(free)
			}
			if err := c.ask("b", second); (err != nil) != (less > 0) {
				t.Errorf("%d bytes less than both need, asked again %v: %v", less, again, err)
			}
		}
	}
}

// TestWhatAStopNeeds: where the reserve is broken into already, there is room for the
// consequences of the stops that are accepted, be they under way or folded, and for no
// other.
func TestWhatAStopNeeds(t *testing.T) {
	prepare := func(c *counter) {
		c.running("a", 2)
		c.running("b", 2)
		c.running("c", 2)
	}
	size := sized(t, prepare, "a", submission.Stop{Reason: "a"})
	for _, folded := range []bool{false, true} {
		for less := range uint64(2) {
			c := newCounter(t)
			prepare(c)
			own := reserve.OfJob(c.State.Jobs["a"]).Ends
			free := reserve.Of(c.State).Due + 2*own + 2*size
			if folded {
				free = reserve.Of(c.State).Due + 2*own + 2*size - (own - reserveOfStopped(t))
			}
			c.left(free - less)
			if err := c.ask("a", submission.Stop{Reason: "a"}); err != nil {
				t.Fatal(err)
			}
			if folded {
				c.fold(0)
			}
			err := c.ask("b", submission.Stop{Reason: "b"})
			if (err != nil) != (less > 0) || err != nil && (!errors.Is(err, commanding.ErrFull) || !strings.Contains(err.Error(), "taurus log resize")) {
				t.Errorf("%d bytes less than two stops need, folded %v: %v", less, folded, err)
			}
		}
	}
}

// reserveOfStopped is what a job of two tasks makes due once its stop is folded: less
// than before, as the stop itself is written.
func reserveOfStopped(t *testing.T) uint64 {
	t.Helper()
	c := newCounter(t)
	j := c.running("a", 2)
	c.Job("a", events.JobStopped{Run: j.Run})
	return reserve.OfJob(j).Due
}

// TestWhatEndsNothingKeepsOff the reserve: taking a job out of sight is no end.
func TestWhatEndsNothingKeepsOff(t *testing.T) {
	prepare := func(c *counter) {
		c.running("web", 3)
		j := c.Submit(clustertest.Service("old", 0))
		c.Job("old", events.JobStopped{Run: j.Run})
	}
	size := sized(t, prepare, "old", submission.Delete{})
	for less := range uint64(2) {
		c := newCounter(t)
		prepare(c)
		n := reserve.Of(c.State)
		c.left(n.Due + n.Ends + size - less)
		if err := c.ask("old", submission.Delete{}); (err != nil) != (less > 0) {
			t.Errorf("%d bytes less than it needs: %v", less, err)
		}
	}
}

// token has one in the log, and returns its id.
func (c *counter) token() string {
	id := strings.Repeat("a", 32)
	c.Append(events.Subject{Role: events.RoleAccess}, events.Envelope{}, events.TokenCreated{
		ID: id, Owner: "ann", Hash: strings.Repeat("b", 64), Roles: []string{"reader"},
	})
	return id
}

// askAccess asks for a command about access, as ask does.
func (c *counter) askAccess(command access.Command) error {
	c.t.Helper()
	c.asked++
	before := len(c.drafts)
	err := c.step(commanding.Asked{Ticket: c.asked, Access: command})
	if (err == nil) != (len(c.drafts) == before+1) {
		c.t.Fatalf("%d appends, and the answer is %v", len(c.drafts)-before, err)
	}
	return err
}

// TestATokenIsRevokedInAFullLog, as long as what is due fits: there was room kept for it,
// without which no token is made.
func TestATokenIsRevokedInAFullLog(t *testing.T) {
	revoke := access.RevokeToken{Reason: "lost", ID: strings.Repeat("a", 32)}
	made := access.CreateToken{ID: strings.Repeat("c", 32), Owner: "ann", Hash: strings.Repeat("d", 64), Roles: []string{"reader"}}
	size := func(command access.Command) uint64 {
		c := newCounter(t)
		c.token()
		if err := c.step(commanding.Usage{MaxBytes: 1 << 40}); err != nil {
			t.Fatal(err)
		}
		if err := c.askAccess(command); err != nil {
			t.Fatal(err)
		}
		m, err := events.Encode(events.AccessSubject, c.drafts[0].Envelope, c.drafts[0].Event)
		if err != nil {
			t.Fatal(err)
		}
		return reserve.Size(m)
	}
	for less := range uint64(2) {
		c := newCounter(t)
		c.running("web", 2)
		c.token()
		before := reserve.Of(c.State)
		c.left(before.Due + size(revoke) - less)
		if err := c.askAccess(revoke); (err != nil) != (less > 0) || err != nil && !errors.Is(err, commanding.ErrFull) {
			t.Errorf("%d bytes less than a revocation needs: %v", less, err)
		}
		c.Append(events.Subject{Role: events.RoleAccess}, events.Envelope{}, events.TokenRevoked{ID: revoke.ID})
		if after := reserve.Of(c.State); before.Ends-after.Ends != reserve.OfRevocation || reserve.OfRevocation < size(revoke) {
			t.Errorf("a revocation of %d bytes leaves %d of %d", size(revoke), after.Ends, before.Ends)
		}

		c = newCounter(t)
		c.token()
		n := reserve.Of(c.State)
		c.left(n.Due + n.Ends + size(made) + reserve.OfRevocation - less)
		if err := c.askAccess(made); (err != nil) != (less > 0) {
			t.Errorf("%d bytes less than a token and its end need: %v", less, err)
		}
	}
}

// TestWhatIsWrittenIsCounted, until the log is asked again: by others, and by oneself.
func TestWhatIsWrittenIsCounted(t *testing.T) {
	submit, needs := specOf(t, "new", 1)
	size := sized(t, func(*counter) {}, "new", submit)
	for _, other := range []bool{false, true} {
		c := newCounter(t)
		c.left(reserve.Of(c.State).Due + needs + size)
		if other {
			m, err := events.Encode(config().Space.Plan("x"), events.Envelope{ID: "x", Source: "other"}, events.JobCompleted{Run: 1})
			if err != nil {
				t.Fatal(err)
			}
			r := cluster.Record{Message: m, Envelope: events.Envelope{Source: "other"}, Event: events.JobCompleted{Run: 1}}
			if err := c.step(machine.Folded{Record: &r}); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.ask("new", submit); (err != nil) != other {
			t.Errorf("written by others %v: %v", other, err)
		}
	}
}
