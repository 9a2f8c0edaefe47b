package conformance_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// eof is the event that a stream ended.
const eof = "EOF"

// event is one that came.
type event struct {
	body any // decoded; eof for the end
	raw  string
	came time.Time
}

func (e event) kind() string { return kindOf(e.body) }

func kindOf(body any) string {
	if body == eof {
		return eof
	}
	return textAt(body, "type")
}

func taskOf(body any) string { return textAt(body, "update.status.task_id.value") }

func refused(body any) bool { return textAt(body, "update.status.state") == "TASK_ERROR" }

// same reports whether live may be what recorded is: the same type, of the same
// task.
func same(recorded, live any) bool {
	return kindOf(recorded) == kindOf(live) && taskOf(recorded) == taskOf(live)
}

// commute reports whether two events of one stream may come in either order.
func commute(x, y any) bool {
	a, b := kindOf(x), kindOf(y)
	switch {
	case a == "SUBSCRIBED" || b == "SUBSCRIBED":
		return false
	case a == "HEARTBEAT" || b == "HEARTBEAT":
		return a != b
	case isOffer(a) != isOffer(b):
		return true // the allocator works beside the master
	case a != "UPDATE" || b != "UPDATE" || taskOf(x) == taskOf(y):
		return false
	}
	return !refused(x) || !refused(y) // validation goes in order
}

// isOffer reports whether a type is one of the allocator's.
func isOffer(kind string) bool { return kind == "OFFERS" || kind == "RESCIND" }

// stream is a live subscription.
type stream struct {
	body     func() error // closes it
	mu       sync.Mutex
	arrived  chan struct{} // closed and replaced with each event
	pending  []event
	offers   []any // held
	sawFirst map[string]bool
	done     chan struct{}
}

func newStream(res *http.Response) *stream {
	s := &stream{body: res.Body.Close, arrived: make(chan struct{}), sawFirst: map[string]bool{}, done: make(chan struct{})}
	go s.read(res)
	return s
}

func (s *stream) read(res *http.Response) {
	defer close(s.done)
	records := wire.NewRecordReader(res.Body)
	for {
		record, err := records.Next()
		if err != nil {
			break
		}
		e := event{raw: string(record), came: time.Now()}
		if err := decode(record, &e.body); err != nil {
			e.body = err.Error()
		}
		s.put(e)
	}
	s.put(event{body: eof, came: time.Now()})
}

func (s *stream) put(e event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(s.pending, e)
	switch e.kind() {
	case "OFFERS":
		offers, _ := at(e.body, "offers.offers").([]any)
		s.offers = append(s.offers, offers...)
	case "RESCIND":
		s.release(textAt(e.body, "rescind.offer_id.value"))
	}
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// release forgets a held offer; the lock is held.
func (s *stream) release(id string) {
	s.offers = slices.DeleteFunc(s.offers, func(o any) bool { return textAt(o, "id.value") == id })
}

// close breaks the connection and waits for the end of the reader.
func (s *stream) close() {
	_ = s.body()
	<-s.done
}

// take waits for the event that a recorded one may be and removes it.
func (s *stream) take(recorded any) (event, error) {
	var got event
	var wrong error
	ok := s.await(func() bool {
		i := slices.IndexFunc(s.pending, func(e event) bool { return same(recorded, e.body) })
		if i < 0 {
			return false
		}
		got = s.pending[i]
		for _, e := range s.pending[:i] {
			if !commute(e.body, got.body) {
				wrong = fmt.Errorf("came after %s", brief(e.body))
			}
		}
		s.pending = slices.Delete(s.pending, i, i+1)
		return true
	})
	if !ok {
		return event{}, fmt.Errorf("no such event; pending are %s", s.summary())
	}
	return got, wrong
}

// await waits until ready, which is called with the lock held, and reports whether
// that came.
func (s *stream) await(ready func() bool) bool {
	deadline := time.NewTimer(testwait.Patience)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		if ready() {
			s.mu.Unlock()
			return true
		}
		arrived := s.arrived
		s.mu.Unlock()
		select {
		case <-arrived:
		case <-deadline.C:
			return false
		}
	}
}

// held waits for an offer and gives the ids of all that are held.
func (s *stream) held() []string {
	var out []string
	s.await(func() bool {
		for _, o := range s.offers {
			out = append(out, textAt(o, "id.value"))
		}
		return len(out) > 0
	})
	return out
}

// rest is what came and was not taken, of the types that are none of open.
func (s *stream) rest(open ...string) []event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.pending), func(e event) bool { return slices.Contains(open, e.kind()) })
}

func (s *stream) summary() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, e := range s.pending {
		out = append(out, strings.TrimSpace(e.kind()+" "+taskOf(e.body)+" "+textAt(e.body, "update.status.state")))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
