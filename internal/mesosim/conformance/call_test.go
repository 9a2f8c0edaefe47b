package conformance_test

import (
	"net/http"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// addr is where a call goes.
func (r *replay) addr(who string) string {
	if who == "agent API" {
		return r.cluster.agents[r.cluster.last].addr
	}
	return r.cluster.master.addr
}

// call makes a recorded call with the ids of this run and keeps its answer.
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
	deadline := time.Now().Add(testwait.Patience)
	for {
		res, err := request(r.t.Context(), r.addr(l.Who), l.Method, path, headers, body)
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
		if r.check.offers != "" && slices.ContainsFunc(ids, func(id any) bool { return !r.bound(textAt(id, "value")) }) {
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

// bound reports whether a recorded text needs no binding or is bound.
func (r *replay) bound(recorded string) bool {
	for _, p := range pieces(recorded) {
		if _, bound := r.match.ids.live[p]; p.kind != "" && !bound {
			return false
		}
	}
	return true
}
