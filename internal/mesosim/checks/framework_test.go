package checks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// framework is a subscribed scheduler.
type framework struct {
	*stream
	addr, id, streamID string
	info               object
	offers             []object
	barriers           int
	seen               map[string]bool // uuids of acknowledged updates
}

// solo subscribes a framework to a master that has one agent.
func solo(t *testing.T, fi object, edit ...func(*agentOptions)) *framework {
	t.Helper()
	m := startMaster(t)
	startAgent(t, m, edit...)
	return subscribe(t, m.addr, fi)
}

// subscribe subscribes a framework; more are further fields of the call.
func subscribe(t *testing.T, addr string, fi object, more ...any) *framework {
	t.Helper()
	call := object{"type": "SUBSCRIBE", "subscribe": with(object{"framework_info": fi}, more...)}
	if id := fi["id"]; id != nil {
		call["framework_id"] = id
	}
	s := stream200(t, addr, schedulerPath, call)
	f := &framework{stream: s, addr: addr, streamID: s.header.Get(streamHeader), seen: map[string]bool{}}
	e := f.wait("SUBSCRIBED")
	f.id = text(e, "subscribed.framework_id.value")
	f.info = with(fi, "id", object{"value": f.id})
	return f
}

// wait returns the next event of a type. Offers and heartbeats on the way are
// passed over, offers kept; anything else is a fault.
func (f *framework) wait(kind string) object {
	f.t.Helper()
	end := time.After(testwait.Patience)
	for {
		e := f.nextBefore(end, kind)
		if e == nil {
			f.t.Fatalf("the stream ended before %s", kind)
		}
		f.keep(e)
		if e["type"] == kind {
			return e
		}
		if e["type"] != "HEARTBEAT" && e["type"] != "OFFERS" {
			f.t.Fatalf("got %v, want %s", e, kind)
		}
	}
}

func (f *framework) keep(e object) {
	for _, o := range items(e, "offers.offers") {
		f.offers = append(f.offers, o.(object))
	}
	if id := text(e, "rescind.offer_id.value"); id != "" {
		for i, o := range f.offers {
			if idOf(o) == id {
				f.offers = append(f.offers[:i:i], f.offers[i+1:]...)
				break
			}
		}
	}
}

// offer is the next offer that was not used.
func (f *framework) offer() object {
	f.t.Helper()
	for len(f.offers) == 0 {
		f.wait("OFFERS")
	}
	o := f.offers[0]
	f.offers = f.offers[1:]
	return o
}

// try makes a call as this framework.
func (f *framework) try(kind string, body object) answer {
	f.t.Helper()
	call := object{"type": kind, "framework_id": object{"value": f.id}}
	if body != nil {
		call[strings.ToLower(kind)] = body
	}
	return post(f.t, f.addr, call, streamHeader, f.streamID)
}

// call makes a call that must be answered 202.
func (f *framework) call(kind string, body object) {
	f.t.Helper()
	if a := f.try(kind, body); a.status != http.StatusAccepted || a.body != "" {
		f.t.Fatalf("%s answered %d %q", kind, a.status, a.body)
	}
}

// barrier returns the events up to the answer to a question that is asked now:
// all that the calls before it caused. Heartbeats and offers are left out.
func (f *framework) barrier() []object {
	f.t.Helper()
	f.barriers++
	name := fmt.Sprintf("barrier-%d", f.barriers)
	f.call("RECONCILE", object{"tasks": list{object{"task_id": object{"value": name}}}})
	var out []object
	end := time.After(testwait.Patience)
	for {
		e := f.nextBefore(end, name)
		if e == nil {
			f.t.Fatal("the stream ended")
		}
		f.keep(e)
		if text(e, "update.status.task_id.value") == name {
			return out
		}
		if e["type"] != "HEARTBEAT" && e["type"] != "OFFERS" {
			out = append(out, e)
		}
	}
}

// quiet checks that the calls before it caused nothing but offers.
func (f *framework) quiet(what string) {
	f.t.Helper()
	if es := f.barrier(); len(es) > 0 {
		f.t.Errorf("%s: caused %v", what, es)
	}
}

// unoffered checks that some allocations offer nothing.
func (f *framework) unoffered(what string) {
	f.t.Helper()
	time.Sleep(6 * tick)
	f.quiet(what)
	if len(f.offers) > 0 {
		f.t.Errorf("%s: offered %v", what, f.offers)
	}
}

// launch accepts an offer and lets go of the rest at once.
func (f *framework) launch(o object, tasks ...object) {
	f.t.Helper()
	f.accept(list{launchOf(tasks...)}, refuse(0), idsOf(o))
}

// run launches a task that stays, and waits until it runs.
func (f *framework) run(id string, o object, pairs ...any) {
	f.t.Helper()
	f.launch(o, task(id, o, "sleep 1000", pairs...))
	f.expect(id, "TASK_STARTING", "TASK_RUNNING")
}

// accept makes operations of offers; without filters Mesos' own count.
func (f *framework) accept(ops list, filters object, ids list) {
	f.t.Helper()
	body := object{"offer_ids": ids, "operations": ops}
	if filters != nil {
		body["filters"] = filters
	}
	f.call("ACCEPT", body)
}

// decline refuses offers; without filters Mesos' own count.
func (f *framework) decline(filters object, offers ...object) {
	f.t.Helper()
	body := object{"offer_ids": idsOf(offers...)}
	if filters != nil {
		body["filters"] = filters
	}
	f.call("DECLINE", body)
}

// status is the next UPDATE, not acknowledged.
func (f *framework) status() object {
	f.t.Helper()
	return at(f.wait("UPDATE"), "update.status").(object)
}

// ack acknowledges a status.
func (f *framework) ack(s object) {
	f.t.Helper()
	f.call("ACKNOWLEDGE", object{"agent_id": s["agent_id"], "task_id": s["task_id"], "uuid": s["uuid"]})
}

// expect wants the states of a task one after the other, and acknowledges them.
func (f *framework) expect(task string, states ...string) object {
	f.t.Helper()
	var s object
	for _, want := range states {
		s = f.fresh()
		if text(s, "task_id.value") != task || s["state"] != want {
			f.t.Fatalf("got %v, want %s of %s", s, want, task)
		}
	}
	return s
}

// fresh is the next UPDATE, acknowledged. One that is sent again, because its
// acknowledgement was lost on the way, is passed over.
func (f *framework) fresh() object {
	f.t.Helper()
	for {
		s := f.status()
		if s["uuid"] == nil {
			return s
		}
		f.ack(s)
		if !f.seen[text(s, "uuid")] {
			f.seen[text(s, "uuid")] = true
			return s
		}
	}
}

// kill asks for the end of a task; without a policy its own counts.
func (f *framework) kill(id, agent string, policy object) {
	f.t.Helper()
	f.call("KILL", with(object{"task_id": object{"value": id}, "agent_id": object{"value": agent}}, "kill_policy", orNil(policy)))
}

func orNil(o object) any {
	if o == nil {
		return nil
	}
	return o
}

// reconcile asks for a task; an empty agent is left out.
func (f *framework) reconcile(id, agent string) object {
	f.t.Helper()
	q := object{"task_id": object{"value": id}}
	if agent != "" {
		q["agent_id"] = object{"value": agent}
	}
	f.call("RECONCILE", object{"tasks": list{q}})
	return f.fresh()
}

// operate makes an operator call to the framework's master that must be
// answered 200.
func (f *framework) operate(kind string, body object) object {
	f.t.Helper()
	return operate(f.t, f.addr, kind, body)
}
