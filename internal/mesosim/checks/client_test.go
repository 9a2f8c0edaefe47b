package checks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

type object = map[string]any

type list = []any

// at follows a path like "offers.0.id.value"; nil where it does not lead on.
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case object:
			v = x[name]
		case list:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func text(v any, path string) string {
	s, _ := at(v, path).(string)
	return s
}

func number(v any, path string) float64 {
	n, _ := at(v, path).(float64)
	return n
}

func items(v any, path string) list {
	l, _ := at(v, path).(list)
	return l
}

// match compares what the wanted paths lead to; a wanted nil must be absent.
func match(t *testing.T, what string, got any, want object) {
	t.Helper()
	for path, w := range want {
		g := at(got, path)
		if n, ok := w.(int); ok {
			w = float64(n)
		}
		if !reflect.DeepEqual(g, w) {
			t.Errorf("%s: %s is %v, want %v", what, path, g, w)
		}
	}
	if t.Failed() {
		t.Logf("%s: %v", what, got)
	}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t *testing.T) object {
	t.Helper()
	out := object{}
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	return out
}

func (a answer) is(t *testing.T, what string, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("%s: %d %q, want %d %q", what, a.status, a.body, status, body)
	}
}

const (
	schedulerPath = "/api/v1/scheduler"
	operatorPath  = "/api/v1"
	streamHeader  = "Mesos-Stream-Id"
)

// jsonHeaders are those of an ordinary call.
func jsonHeaders(more ...string) http.Header {
	h := http.Header{"Content-Type": {wire.MediaJSON}, "Accept": {wire.MediaJSON}}
	for i := 0; i < len(more); i += 2 {
		h[more[i]] = []string{more[i+1]}
	}
	return h
}

func encode(t *testing.T, body any) []byte {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return nil
	case string:
		return []byte(b)
	case []byte:
		return b
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open sends a request and leaves the body of the answer to the caller.
func open(ctx context.Context, t *testing.T, method, addr, path string, h http.Header, body any) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+addr+path, bytes.NewReader(encode(t, body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func ask(t *testing.T, method, addr, path string, h http.Header, body any) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	res := open(ctx, t, method, addr, path, h, body)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func post(t *testing.T, addr string, body any, more ...string) answer {
	t.Helper()
	return ask(t, http.MethodPost, addr, schedulerPath, jsonHeaders(more...), body)
}

func get(t *testing.T, addr, path string) answer {
	t.Helper()
	return ask(t, http.MethodGet, addr, path, http.Header{}, nil)
}

// operate makes an operator call that must be answered 200.
func operate(t *testing.T, addr, kind string, body object) object {
	t.Helper()
	call := object{"type": kind}
	if body != nil {
		call[strings.ToLower(kind)] = body
	}
	a := ask(t, http.MethodPost, addr, operatorPath, jsonHeaders(), call)
	if a.status != http.StatusOK {
		t.Fatalf("%s answered %d %s", kind, a.status, a.body)
	}
	if a.body == "" {
		return nil
	}
	return a.json(t)
}

// info is a FrameworkInfo with capabilities.
func info(capabilities ...string) object {
	caps := list{}
	for _, c := range capabilities {
		caps = append(caps, object{"type": c})
	}
	return object{"user": "root", "name": "check", "failover_timeout": 3600.0, "checkpoint": true, "capabilities": caps}
}

func with(o object, pairs ...any) object {
	out := object{}
	maps.Copy(out, o)
	for i := 0; i < len(pairs); i += 2 {
		k := pairs[i].(string)
		if out[k] = pairs[i+1]; pairs[i+1] == nil {
			delete(out, k)
		}
	}
	return out
}

// stream is a subscription and its events.
type stream struct {
	t      *testing.T
	header http.Header
	events chan object
	cancel context.CancelFunc
}

func stream200(t *testing.T, addr, path string, call any, more ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	res := open(ctx, t, http.MethodPost, addr, path, jsonHeaders(more...), call) //nolint:bodyclose // The reader closes it.
	if res.StatusCode != http.StatusOK {
		cancel()
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("%s: %d %s", path, res.StatusCode, b)
	}
	s := &stream{t: t, header: res.Header, events: make(chan object, 10000), cancel: cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read(res.Body)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return s
}

func (s *stream) read(body io.ReadCloser) {
	defer func() { _ = body.Close() }()
	defer close(s.events)
	records := wire.NewRecordReader(body)
	for {
		record, err := records.Next()
		if err != nil {
			return
		}
		e := object{}
		if json.Unmarshal(record, &e) != nil {
			return
		}
		s.events <- e
	}
}

// next is the next event of any type; nil is the end of the stream.
func (s *stream) next() object {
	s.t.Helper()
	return s.nextBefore(time.After(patience), "event")
}

func (s *stream) nextBefore(end <-chan time.Time, what string) object {
	s.t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-end:
		s.t.Fatal("no " + what)
		return nil
	}
}

// ended checks that the stream ends without another event than heartbeats and
// those of offers.
func (s *stream) ended() {
	s.t.Helper()
	end := time.After(patience)
	for {
		e := s.nextBefore(end, "end of the stream")
		if e == nil {
			return
		}
		if e["type"] != "HEARTBEAT" && e["type"] != "OFFERS" && e["type"] != "RESCIND" {
			s.t.Fatalf("%v before the end of the stream", e)
		}
	}
}

// refused subscribes and wants an ERROR and the end.
func refused(t *testing.T, addr string, subscribe object, want string, more ...string) {
	t.Helper()
	call := object{"type": "SUBSCRIBE", "subscribe": subscribe}
	if id := at(subscribe, "framework_info.id"); id != nil {
		call["framework_id"] = id
	}
	s := stream200(t, addr, schedulerPath, call, more...)
	e := s.next()
	if e["type"] != "ERROR" || text(e, "error.message") != want {
		t.Errorf("got %v, want ERROR %q", e, want)
	}
	s.ended()
}

// framework is a subscribed scheduler.
type framework struct {
	*stream
	addr, id, streamID string
	info               object
	offers             []object
	barriers           int
	seen               map[string]bool // uuids of acknowledged updates
}

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
	end := time.After(patience)
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
			if text(o, "id.value") == id {
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

func (f *framework) try(kind string, body object) answer {
	f.t.Helper()
	call := object{"type": kind, "framework_id": object{"value": f.id}}
	if body != nil {
		call[strings.ToLower(kind)] = body
	}
	return post(f.t, f.addr, call, streamHeader, f.streamID)
}

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
	end := time.After(patience)
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

func refuse(seconds float64) object { return object{"refuse_seconds": seconds} }

// idsOf are the ids of offers.
func idsOf(offers ...object) list {
	ids := list{}
	for _, o := range offers {
		ids = append(ids, o["id"])
	}
	return ids
}

func launchOf(tasks ...object) object {
	infos := list{}
	for _, t := range tasks {
		infos = append(infos, t)
	}
	return object{"type": "LAUNCH", "launch": object{"task_infos": infos}}
}

// launch accepts an offer and lets go of the rest at once.
func (f *framework) launch(o object, tasks ...object) {
	f.t.Helper()
	f.accept(list{launchOf(tasks...)}, refuse(0), idsOf(o))
}

func (f *framework) accept(ops list, filters object, ids list) {
	f.t.Helper()
	body := object{"offer_ids": ids, "operations": ops}
	if filters != nil {
		body["filters"] = filters
	}
	f.call("ACCEPT", body)
}

// status is the next UPDATE, not acknowledged.
func (f *framework) status() object {
	f.t.Helper()
	return at(f.wait("UPDATE"), "update.status").(object)
}

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

func scalar(name string, v float64) object {
	return object{"name": name, "type": "SCALAR", "scalar": object{"value": v}}
}

func ports(from, to int) object {
	return object{"name": "ports", "type": "RANGES", "ranges": object{"range": list{object{"begin": from, "end": to}}}}
}

func small() list { return list{scalar("cpus", 0.1), scalar("mem", 32)} }

// task is a command task for an offer.
func task(id string, o object, command string, pairs ...any) object {
	return with(object{
		"name": id, "task_id": object{"value": id}, "agent_id": o["agent_id"], "resources": small(),
		"command": object{"value": command},
	}, pairs...)
}

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

// amount is a scalar of resources.
func amount(rs list, name string) float64 {
	sum := 0.0
	for _, r := range rs {
		if text(r, "name") == name {
			sum += number(r, "scalar.value")
		}
	}
	return sum
}

func decodeList(t *testing.T, body string) list {
	t.Helper()
	var out list
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return out
}
