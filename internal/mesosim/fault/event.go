package fault

import (
	"bytes"
	"net/http"
	"sync"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// eventWriter is a stream of events, each of which is one Write.
type eventWriter struct {
	http.ResponseWriter
	switches   *Switches
	connection string

	mu    sync.Mutex
	ended bool
}

// Write sends a frame as often and as late as the rules say.
func (w *eventWriter) Write(frame []byte) (int, error) {
	hit, struck := w.strike(frame)
	if !struck {
		return w.send(frame, false)
	}
	switch hit.Action {
	case Drop:
		return len(frame), nil
	case Duplicate:
		if _, err := w.send(frame, false); err != nil {
			return 0, err
		}
		return w.send(frame, false)
	case Delay:
		late := bytes.Clone(frame)
		time.AfterFunc(time.Duration(hit.For), func() { _, _ = w.send(late, true) })
		return len(frame), nil
	case Reorder, LoseBefore, LoseAfter, LoseAnswer, Kill, Start, Partition, Slow:
	}
	return w.send(frame, false)
}

func (w *eventWriter) strike(frame []byte) (Rule, bool) {
	isEvent := func(x *Rule) bool { return x.Event != "" && matches(x.Connection, w.connection) }
	if !w.switches.any(isEvent) {
		return Rule{}, false
	}
	_, record, framed := bytes.Cut(frame, []byte("\n"))
	var e scheduler.Event
	if !framed || w.switches.codec.Decode(w.Header().Get("Content-Type"), record, &e) != nil {
		return Rule{}, false
	}
	kind := e.Type.String()
	return w.switches.strike(func(x *Rule) bool { return isEvent(x) && (x.Event == "*" || x.Event == kind) })
}

// send writes a frame; a late one is flushed too, for nobody else does it.
func (w *eventWriter) send(frame []byte, late bool) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return 0, errCut
	}
	n, err := w.ResponseWriter.Write(frame)
	if late && err == nil {
		err = http.NewResponseController(w.ResponseWriter).Flush()
	}
	return n, err
}

// FlushError implements what http.ResponseController asks for.
func (w *eventWriter) FlushError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// end keeps events that are late from a stream that is over.
func (w *eventWriter) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}
