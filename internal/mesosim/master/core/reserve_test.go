package core

import (
	"slices"
	"strings"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// operations returns the statuses of operations that a stream got.
func (w *world) operations(stream string) []mesos.OperationStatus {
	var out []mesos.OperationStatus
	var rest []*scheduler.Event
	for _, e := range w.sent[stream] {
		if e.Type == scheduler.Event_UPDATE_OPERATION_STATUS {
			out = append(out, e.UpdateOperationStatus.Status)
			continue
		}
		rest = append(rest, e)
	}
	w.sent[stream] = rest
	return out
}

// operate accepts all offers with one operation that has an id.
func (w *world) operate(s Subscriber, stream string, op mesos.Offer_Operation) []mesos.OperationStatus {
	op.ID = &mesos.OperationID{Value: "op"}
	call := &scheduler.Call_Accept{Operations: []mesos.Offer_Operation{op}, Filters: &mesos.Filters{RefuseSeconds: new(0.0)}}
	for _, o := range w.take(stream) {
		call.OfferIDs = append(call.OfferIDs, o.ID)
	}
	w.m.Accept(w.now, s, call)
	w.drain()
	w.pass(time.Second, "s")
	return w.operations(stream)
}

// 2.4: what the feedback says of an operation that fails, and of one of several
// resources that fails in part, which changes nothing.
func TestFaultsOfReservations(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	s := w.as(w.subscribe("f", refinedInfo()), "f")
	reserve := func(rs ...mesos.Resource) mesos.Offer_Operation {
		return mesos.Offer_Operation{Type: mesos.Offer_Operation_RESERVE, Reserve: &mesos.Offer_Operation_Reserve{Resources: rs}}
	}
	free := func(rs ...mesos.Resource) mesos.Offer_Operation {
		return mesos.Offer_Operation{Type: mesos.Offer_Operation_UNRESERVE, Unreserve: &mesos.Offer_Operation_Unreserve{Resources: rs}}
	}
	plain := taskOf("t", aid, 1).Resources[0]
	moved := reserve(reservedCPUs(1))
	moved.Reserve.Source = []mesos.Resource{reservedCPUs(1)}
	const invalid, all = "Operation attempted with invalid resources: ", "ports(allocated: r):[31000-31009]; cpus(allocated: r):4; mem(allocated: r):2048"
	on := "; on agent " + aid + " at slave(1)@10.0.0.1:5051 (host)"
	for _, c := range []struct {
		want string
		op   mesos.Offer_Operation
	}{
		{invalid + "Resource 'cpus(reservations: [(DYNAMIC,r)]):-1' is invalid: Invalid scalar resource: value <= 0", reserve(reservedCPUs(-1))},
		{invalid + "Reservation updates are not yet implemented for the scheduler API.", moved},
		{"Resource cpus(allocated: r):1 is not dynamically reserved" + on, reserve(plain)},
		{"Resource cpus(allocated: r):1 is not dynamically reserved" + on, free(plain)},
		{all + " does not contain cpus(allocated: r):5", reserve(reservedCPUs(5))},
		{all + " does not contain cpus(allocated: r)(reservations: [(DYNAMIC,r)]):1", free(reservedCPUs(1))},
	} {
		got := w.operate(s, "f", c.op)
		if len(got) != 1 || got[0].GetMessage() != c.want || got[0].State != mesos.OPERATION_ERROR || got[0].UUID != nil || got[0].AgentID != nil {
			t.Errorf("got  %+v\nwant %q", got, c.want)
		}
	}
	w.m.Accept(w.now, s, &scheduler.Call_Accept{ // without an id nothing is said
		OfferIDs: []mesos.OfferID{w.take("f")[0].ID}, Operations: []mesos.Offer_Operation{reserve(plain), reserve(reservedCPUs(5))},
		Filters: &mesos.Filters{RefuseSeconds: new(0.0)},
	})
	w.pass(time.Second, "s")
	if got := w.operations("f"); len(got) != 0 {
		t.Errorf("without an id: %+v", got)
	}
	if got := w.operate(s, "f", reserve(reservedCPUs(1))); len(got) != 0 {
		t.Errorf("RESERVE: %+v", got)
	}
	got := w.operate(s, "f", free(reservedCPUs(1), reservedCPUs(1)))
	if len(got) != 1 || !strings.HasSuffix(got[0].GetMessage(), " does not contain cpus(allocated: r)(reservations: [(DYNAMIC,r)]):1") {
		t.Errorf("UNRESERVE in part: %+v", got)
	}
	if !w.m.agents[aid].total.Contains(resource.New([]mesos.Resource{reservedCPUs(1)})) {
		t.Error("what an operation that failed freed is free")
	}
}

// 1.5: reconciliation tells the latest status, without the uuid; it ends with the
// acknowledgement of that status.
func TestReconciliationOfOperations(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	fid := w.subscribe("f", refinedInfo())
	s := w.as(fid, "f")
	w.operate(s, "f", mesos.Offer_Operation{
		Type: mesos.Offer_Operation_RESERVE, Reserve: &mesos.Offer_Operation_Reserve{Resources: []mesos.Resource{reservedCPUs(1)}},
	})
	if told := w.told["s"]; !slices.ContainsFunc(told, func(m link.ToAgent) bool {
		return m.Apply != nil && m.Apply.OperationID == "op" && m.Apply.FrameworkID == fid && len(m.Apply.Resources) == 4
	}) {
		t.Errorf("the agent was told %+v", told)
	}
	ask := func(ops ...scheduler.Call_ReconcileOperations_Operation) []mesos.OperationStatus {
		w.m.ReconcileOperations(s, &scheduler.Call_ReconcileOperations{Operations: ops})
		w.drain()
		return w.operations("f")
	}
	known := scheduler.Call_ReconcileOperations_Operation{OperationID: mesos.OperationID{Value: "op"}}
	check := func(want mesos.OperationState) {
		t.Helper()
		for _, got := range [][]mesos.OperationStatus{ask(), ask(known)} {
			if len(got) != 1 || got[0].State != want || got[0].Message != nil || got[0].UUID != nil || got[0].AgentID.Value != aid {
				t.Errorf("got %+v, want %s", got, want)
			}
		}
	}
	check(mesos.OPERATION_PENDING)
	uuid := []byte("0123456789abcdef")
	w.m.OperationEnded("s", &link.Feedback{FrameworkID: fid, OperationID: "op", UUID: uuid})
	w.drain()
	w.operations("f")
	check(mesos.OPERATION_FINISHED)
	acknowledge := func(agentID string, uuid []byte) {
		w.m.AcknowledgeOperation(w.now, s, &scheduler.Call_AcknowledgeOperationStatus{
			AgentID: &mesos.AgentID{Value: agentID}, OperationID: mesos.OperationID{Value: "op"}, UUID: uuid,
		})
	}
	acknowledge("nobody", uuid)
	acknowledge(aid, make([]byte, 16))
	check(mesos.OPERATION_FINISHED)
	acknowledge(aid, uuid)
	if got := ask(); len(got) != 0 {
		t.Errorf("acknowledged: %+v", got)
	}
	if got := ask(known); len(got) != 1 || got[0].State != mesos.OPERATION_UNKNOWN {
		t.Errorf("acknowledged: %+v", got)
	}
}

// 5.3: with an agent that is lost go its operations.
func TestOperationsOfALostAgent(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	s := w.as(w.subscribe("f", refinedInfo()), "f")
	w.operate(s, "f", mesos.Offer_Operation{
		Type: mesos.Offer_Operation_RESERVE, Reserve: &mesos.Offer_Operation_Reserve{Resources: []mesos.Resource{reservedCPUs(1)}},
	})
	w.pass(100 * time.Second)
	got := w.operations("f")
	if len(got) != 1 || got[0].State != mesos.OPERATION_UNREACHABLE || got[0].GetMessage() != "Agent was marked unreachable" || got[0].AgentID.Value != aid {
		t.Errorf("when it was lost: %+v", got)
	}
	w.m.ReconcileOperations(s, &scheduler.Call_ReconcileOperations{Operations: []scheduler.Call_ReconcileOperations_Operation{
		{OperationID: mesos.OperationID{Value: "op"}, AgentID: &mesos.AgentID{Value: aid}},
	}})
	w.drain()
	if got := w.operations("f"); len(got) != 1 || got[0].GetMessage() != "Reconciliation: Agent is unreachable" {
		t.Errorf("asked later: %+v", got)
	}
}

// 3: an executor is charged with its first task, and again when all have ended.
func TestExecutorIsChargedOnce(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	fid := w.subscribe("f", info("", pa))
	s := w.as(fid, "f")
	cpus := mesos.Resource{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 2}}
	with := func(id string) mesos.TaskInfo {
		task := taskOf(id, aid, 0.5)
		task.Command = nil
		task.Executor = &mesos.ExecutorInfo{
			ExecutorID: mesos.ExecutorID{Value: "x"}, Command: &mesos.CommandInfo{}, Resources: []mesos.Resource{cpus},
		}
		return task
	}
	w.launch(s, 0, w.take("f"), with("a"), with("b"), with("c"))
	if got := w.updates("f"); len(got) != 0 {
		t.Fatalf("refused: %+v", got)
	}
	if got := w.m.agents[aid].used.Scalar("cpus"); got != 3500 {
		t.Errorf("%d thousandths are used", got)
	}
	for i, used := range []resource.Milli{3000, 2500, 0} { // the executor lives as long as a task
		w.report("s", fid, string(rune('a'+i)), aid, mesos.TASK_FINISHED, byte(i+1))
		if got := w.m.agents[aid].used.Scalar("cpus"); got != used {
			t.Errorf("%d thousandths are used after the end of %d", got, i+1)
		}
	}
	w.pass(time.Second, "s")
	w.updates("f")
	w.launch(s, 0, w.take("f"), with("d"))
	if got := w.m.agents[aid].used.Scalar("cpus"); got != 2500 {
		t.Errorf("%d thousandths are used by the next", got)
	}
}

// What an operation of a framework that is gone came to is acknowledged by the
// master, as is nothing of one that may come back.
func TestFeedbackForAbsentFrameworks(t *testing.T) {
	w := newWorld(t, Registry{})
	w.agent("s", "", 5051)
	fid := w.subscribe("f", refinedInfo())
	end := func(of string) (acknowledged int) {
		w.m.OperationEnded("s", &link.Feedback{FrameworkID: of, OperationID: "op", UUID: []byte("0123456789abcdef")})
		w.drain()
		for _, m := range w.told["s"] {
			if k := m.AckOperation; k != nil && k.OperationID == "op" && string(k.UUID) == "0123456789abcdef" {
				acknowledged++
			}
		}
		return acknowledged
	}
	w.m.Disconnected(w.now, "f")
	if n := end(fid) + end("never seen"); n != 0 {
		t.Errorf("%d acknowledgements for frameworks that may come", n)
	}
	w.m.Teardown(w.now, fid)
	if n := end(fid); n != 1 {
		t.Errorf("%d acknowledgements for a framework that is gone", n)
	}
}
