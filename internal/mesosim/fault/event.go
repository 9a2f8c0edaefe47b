package fault

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// eventWriter is a stream of events, each of which is one Write.
type eventWriter struct {
	http.ResponseWriter
	ctx        context.Context //nolint:containedctx // That of the request it answers.
	switches   *Switches
	connection string
}

// Write sends a frame as often and as late as the rules say.
func (w *eventWriter) Write(frame []byte) (int, error) {
	hit, struck := w.strike(frame)
	if !struck {
		return w.ResponseWriter.Write(frame)
	}
	switch hit.Action {
	case Drop:
		return len(frame), nil
	case Duplicate:
		if _, err := w.ResponseWriter.Write(frame); err != nil {
			return 0, err
		}
	case Delay:
		if err := pause(w.ctx, time.Duration(hit.For)); err != nil {
			return 0, err
		}
	case Reorder, LoseBefore, LoseAfter, LoseAnswer, Kill, Start, Partition, Slow:
	}
	return w.ResponseWriter.Write(frame)
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
	kind, status := e.Type.String(), e.GetUpdate().GetStatus()
	resent := len(status.UUID) > 0
	return w.switches.strike(func(x *Rule) bool {
		return isEvent(x) && (x.Event == "*" || x.Event == kind) && (resent || !x.Resent)
	})
}

// Unwrap lets http.ResponseController flush.
func (w *eventWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
