package conformance_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
)

// shortest is the shortest pause of the record that is kept: all others are the
// driver's own.
const shortest = 250 * time.Millisecond

// replay performs one transcript.
type replay struct {
	t       *testing.T
	id      int
	check   check
	cluster *cluster
	match   *matcher
	kind    agent.Kind
	streams map[string]*stream    // by who
	answers map[string][]response // to calls of who, not compared yet
	ours    []string              // recorded ids of this exchange's frameworks
	taken   map[string]string     // the newest event of each type, as it came
	last    any                   // body of the newest response
	times   map[int]time.Time     // when a call was made or an event came, by line
}

func newReplay(t *testing.T, id int, c check) *replay {
	t.Helper()
	return &replay{
		t: t, id: id, check: c, cluster: newCluster(t), match: &matcher{ids: newBinding(), open: c.openPaths()}, kind: c.agent,
		streams: map[string]*stream{}, answers: map[string][]response{}, taken: map[string]string{}, times: map[int]time.Time{},
	}
}

// run performs the lines in order and compares.
func (r *replay) run(lines []line) {
	r.t.Helper()
	defer r.finish()
	lines = r.check.trim(lines)
	for i := range lines {
		lines[i].rewrite(r.check.rewrite)
	}
	r.ours = frameworks(lines)
	if r.check.env != ownCluster {
		r.cluster.startMaster(nil)
	}
	if r.check.env == cell {
		r.cluster.startAgent("agent", r.kind)
	}
	for i := range lines {
		if i > 0 && !strings.HasPrefix(lines[i-1].Note, "hook: start-") && (lines[i].Dir == dirCall || lines[i].Dir == dirNote) {
			if d := pause(&lines[i-1], &lines[i]); d >= shortest {
				time.Sleep(d)
			}
		}
		r.step(&lines[i])
		r.noSooner(lines[:i+1])
		if r.t.Failed() {
			return // what follows would be compared with something else
		}
	}
	if r.check.after != nil {
		r.check.after(r)
	}
	time.Sleep(r.check.quiet)
	r.nothingElse()
}

// frameworks are the ids that a transcript's subscriptions were given.
func frameworks(lines []line) []string {
	var out []string
	for _, l := range lines {
		if id := textAt(l.Event, "subscribed.framework_id.value"); id != "" {
			out = append(out, id)
		}
	}
	return out
}

func (r *replay) finish() {
	var live []string
	for _, id := range r.ours {
		live = append(live, r.match.ids.substitute(id))
	}
	r.cluster.end(live)
	for _, s := range r.streams {
		s.close()
	}
}

// nothingElse fails when an event came that is not recorded.
func (r *replay) nothingElse() {
	r.t.Helper()
	open := append([]string{"HEARTBEAT"}, r.check.late...)
	if r.check.offers != "" {
		open = append(open, "OFFERS", "RESCIND")
	}
	for who, s := range r.streams {
		for _, e := range s.rest(open...) {
			r.report(&line{Note: who}, []string{"not recorded: " + brief(e.body)})
		}
	}
}

func (r *replay) step(l *line) {
	r.t.Helper()
	switch l.Dir {
	case dirCall:
		r.call(l)
	case dirResponse:
		r.response(l)
	case dirEvent:
		r.event(l)
	case dirNote:
		r.note(l)
	default:
		r.t.Fatalf("line %d has dir %q", l.number, l.Dir)
	}
}

// report fails the check with differences.
func (r *replay) report(l *line, differences []string) {
	r.t.Helper()
	for _, d := range differences {
		text := fmt.Sprintf("%s: %s", l, d)
		if why, ok := knownDifference(r.id, text); ok {
			r.t.Logf("known difference: %s: %s", why, text)
			continue
		}
		r.t.Error(text)
	}
}

// addr is where a call goes.
func (r *replay) addr(who string) string {
	if who == "agent API" {
		return r.cluster.agents[r.cluster.last].addr
	}
	return r.cluster.master.addr
}

func (r *replay) call(l *line) {
	r.t.Helper()
	if l.Method == "" { // closes the connection
		r.streams[l.Who].close()
		return
	}
	r.holdOffers(l)
	body, err := l.request(r.match.ids)
	if err != nil {
		r.t.Fatal(err)
	}
	headers := map[string]string{}
	for k, v := range l.Headers {
		headers[k] = r.match.ids.substitute(v)
	}
	r.times[l.number] = time.Now()
	res, err := r.send(l, headers, body) //nolint:bodyclose // Closed by whole or by the stream.
	if err != nil {
		r.t.Fatalf("%s: %v", l, err)
	}
	if l.is("SUBSCRIBE") && l.Who != "raw" && res.StatusCode == http.StatusOK {
		r.answers[l.Who] = append(r.answers[l.Who], head(res))
		r.streams[l.Who] = newStream(res)
		return
	}
	answer, err := whole(res)
	if err != nil {
		r.t.Fatalf("%s: %v", l, err)
	}
	r.answers[l.Who] = append(r.answers[l.Who], answer)
}

// send makes a request; while a master recovers it is tried again, as the
// record does.
func (r *replay) send(l *line, headers map[string]string, body []byte) (*http.Response, error) {
	path := r.match.ids.substitute(l.Path)
	deadline := time.Now().Add(patience)
	for {
		res, err := request(context.Background(), r.addr(l.Who), l.Method, path, headers, body)
		recovering := err != nil || res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusServiceUnavailable
		if !r.check.retry || !l.is("SUBSCRIBE") || !recovering || time.Now().After(deadline) {
			return res, err
		}
		if err == nil {
			_ = res.Body.Close()
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// holdOffers binds the recorded offers of an ACCEPT or DECLINE. Those that the
// allocator did not make one by one as recorded are replaced by all that are
// held, which is what the driver uses.
func (r *replay) holdOffers(l *line) {
	for _, name := range []string{"accept", "decline"} {
		ids, _ := at(l.Call, name+".offer_ids").([]any)
		s := r.streams[l.Who]
		if len(ids) == 0 || s == nil {
			continue
		}
		if r.check.offers != "" && slices.ContainsFunc(ids, func(id any) bool { return !r.known(textAt(id, "value")) }) {
			var all []any
			for _, id := range s.held() {
				all = append(all, map[string]any{"value": id})
			}
			at(l.Call, name).(map[string]any)["offer_ids"] = all
			ids = all
		}
		s.mu.Lock()
		for _, id := range ids {
			s.release(r.match.ids.substitute(textAt(id, "value")))
		}
		s.mu.Unlock()
	}
}

// known says whether a recorded text needs no binding or is bound.
func (r *replay) known(recorded string) bool {
	for _, p := range pieces(recorded) {
		if _, bound := r.match.ids.live[p]; p.kind != "" && !bound {
			return false
		}
	}
	return true
}

// response compares the answer of a call. Of several that are open for one who,
// whose recorded order is that of two connections, any may be it.
func (r *replay) response(l *line) {
	r.t.Helper()
	answers := r.answers[l.Who]
	if len(answers) == 0 {
		r.t.Fatalf("%s: no call is open", l)
	}
	i := max(0, slices.IndexFunc(answers, func(a response) bool { return a.status == l.Status }))
	got := answers[i]
	r.answers[l.Who] = slices.Delete(answers, i, i+1)
	if got.status != l.Status {
		r.t.Errorf("%s: status %d, want %d; body %s", l, got.status, l.Status, brief(got.body))
		return
	}
	r.last = got.body
	r.report(l, r.headers(l, got))
	if l.Status == http.StatusOK && l.Who != "raw" && l.Headers["Transfer-Encoding"] != "" {
		return // its events follow
	}
	r.report(l, r.body(l.Body, got.body))
}

// headers compares all headers of a response.
func (r *replay) headers(l *line, got response) []string {
	want, live := map[string]any{}, map[string]any{}
	for k, v := range l.Headers {
		want[k] = v
	}
	for k, v := range got.headers {
		live[k] = v
	}
	if _, err := http.ParseTime(got.headers["Date"]); err != nil {
		return []string{"headers.Date: " + err.Error()}
	}
	live["Date"] = want["Date"]
	if text, plain := l.Body.(string); l.Body != nil && (!plain || token.MatchString(text)) {
		delete(want, "Content-Length") // depends on ids and on white space
		if live["Content-Length"] == fmt.Sprint(len(got.text)) {
			delete(live, "Content-Length")
		}
	}
	return r.match.compare("headers", want, live)
}

// body compares the body of a response. Others' frameworks, which shared the
// recorded master, are left out.
func (r *replay) body(want, got any) []string {
	if text, ok := want.(string); ok && strings.Contains(text, "\n{") { // RecordIO
		live, _ := got.(string)
		var w, g any
		if decode([]byte(text[strings.Index(text, "\n"):]), &w) != nil || decode([]byte(live[strings.Index(live, "\n")+1:]), &g) != nil {
			return []string{difference("body", want, got)}
		}
		return r.match.compare("body", w, g)
	}
	live := make([]string, 0, len(r.ours))
	for _, id := range r.ours {
		live = append(live, r.match.ids.substitute(id))
	}
	return r.match.compare("body", only(r.ours, want), only(live, got))
}

func (r *replay) event(l *line) {
	r.t.Helper()
	s := r.streams[l.Who]
	if s == nil {
		r.t.Fatalf("%s: no stream", l)
	}
	switch kindOf(l.Event) {
	case "HEARTBEAT":
		if s.sawFirst["HEARTBEAT"] {
			return // when the next comes is a matter of time
		}
	case "OFFERS", "RESCIND":
		if r.check.offers != "" && s.sawFirst["OFFERS"] {
			return
		}
	}
	s.sawFirst[kindOf(l.Event)] = true
	got, err := s.take(l.Event)
	for err == nil && r.resent(l.Event, got.body) {
		r.report(l, []string{"resent: " + brief(got.body)})
		got, err = s.take(l.Event)
	}
	if err != nil {
		r.report(l, []string{err.Error() + ", want " + brief(l.Event)})
	}
	if got.body == nil {
		return
	}
	r.taken[kindOf(l.Event)] = got.raw
	r.times[l.number] = got.came
	r.report(l, r.compareEvent(l, got.body))
}

// resent says whether a live update was taken for another recorded one already.
func (r *replay) resent(recorded, live any) bool {
	const path = "update.status.uuid"
	other, taken := r.match.ids.recorded[piece{kindBytes, textAt(live, path)}]
	return taken && other != textAt(recorded, path)
}

func (r *replay) compareEvent(l *line, got any) []string {
	if l.Event == eof {
		return nil
	}
	want := l.Event
	var out []string
	if l.Inspect != nil {
		data := inspected(got)
		if list, ok := l.Inspect.([]any); ok {
			out = r.match.compare("inspect", essence(list), essence(data))
		} else if data == nil {
			out = []string{"update.status.data: no docker inspect"}
		}
		at(got, "update.status").(map[string]any)["data"] = textAt(want, "update.status.data")
	}
	if at(want, "trimmed") == true {
		want, got = untrimmed(want, got)
	}
	live := make([]string, 0, len(r.ours))
	for _, id := range r.ours {
		live = append(live, r.match.ids.substitute(id))
	}
	return append(out, r.match.compare(kindOf(l.Event), only(r.ours, want), only(live, got))...)
}
