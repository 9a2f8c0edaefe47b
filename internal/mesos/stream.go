package mesos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// defaultHeartbeat is what all masters say; it stands in for one that does not.
const defaultHeartbeat = 15 * time.Second

// subscribeAt makes one attempt with one master.
func (c *Client) subscribeAt(ctx context.Context, base string, f Framework) (*Subscription, error) {
	streamCtx, end := context.WithCancelCause(ctx)
	stream := newDoer(c.cfg, c.tls, 1)
	// The timer bounds the wait for SUBSCRIBED; the stream itself has no deadline.
	timer := time.AfterFunc(c.cfg.CallTimeout, func() { end(context.DeadlineExceeded) })
	w, rd, err := c.open(streamCtx, stream, base, f)
	if err == nil && !timer.Stop() {
		_ = rd.close()
		err = context.DeadlineExceeded
	}
	if err != nil {
		timer.Stop()
		err = causeOr(streamCtx, err)
		end(err)
		stream.close()
		return nil, subscribeError(err)
	}
	return c.subscription(streamCtx, end, w, stream, rd), nil
}

// subscribeError makes one kind of all the ways in which a master did not come
// as far as SUBSCRIBED.
func subscribeError(err error) error {
	var call *CallError
	var host *HostError
	switch {
	case errors.As(err, &call), errors.As(err, &host), errors.Is(err, ErrRefused), errors.Is(err, ErrProtocol),
		errors.Is(err, ErrFrameworkRemoved), errors.Is(err, ErrFailedOver), errors.Is(err, ErrEventTooLarge):
		return err
	}
	return &CallError{Call: callSubscribe, Err: err}
}

// causeOr prefers the reason for which ctx was cancelled over the error that
// the cancelling made.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// eventReader decodes the answer to SUBSCRIBE.
type eventReader struct {
	body    io.ReadCloser
	records *records
}

func (e *eventReader) close() error { return e.body.Close() }

func (e *eventReader) next() (*scheduler.Event, error) {
	rec, err := e.records.next()
	if err != nil {
		return nil, err
	}
	return decodeEvent(rec)
}

// welcome is what a master says as it takes a framework.
type welcome struct {
	target    Target
	masterID  string
	heartbeat time.Duration
}

// subscription is one that reads, until the stream or ctx ends.
func (c *Client) subscription(ctx context.Context, end context.CancelCauseFunc, w welcome, stream *doer, rd *eventReader) *Subscription {
	s := &Subscription{
		target: w.target, masterID: w.masterID, heartbeat: w.heartbeat, cfg: c.cfg,
		log:     c.cfg.Log.With().Str("master", w.target.Master).Str("stream", w.target.StreamID).Logger(),
		book:    newBook(),
		ordered: newDoer(c.cfg, c.tls, 1), turn: make(chan struct{}, 1),
		acks:   newDoer(c.cfg, c.tls, c.cfg.AckConns),
		stream: stream,
		events: make(chan Event, c.cfg.EventBuffer),
		done:   ctx.Done(), end: end,
	}
	s.closed.Go(func() { s.run(ctx, rd) })
	return s
}

// open sends SUBSCRIBE and waits for the first event.
func (c *Client) open(ctx context.Context, d *doer, base string, f Framework) (welcome, *eventReader, error) {
	info := f.info(c.cfg.Principal)
	resp, err := d.post(ctx, request{ //nolint:bodyclose // The event reader closes it.
		call: callSubscribe,
		url:  base + pathScheduler,
		msg: &scheduler.Call{
			FrameworkID: info.ID,
			Type:        scheduler.Call_SUBSCRIBE,
			Subscribe:   &scheduler.Call_Subscribe{FrameworkInfo: info, SuppressedRoles: f.SuppressedRoles},
		},
	})
	if err != nil {
		return welcome{}, nil, err
	}
	rd := &eventReader{body: resp.Body, records: newRecords(resp.Body, c.cfg.EventMax)}
	w, err := first(resp, rd, base)
	if err != nil {
		_ = rd.close()
		return welcome{}, nil, err
	}
	return w, rd, nil
}

// first reads SUBSCRIBED.
func first(resp *http.Response, rd *eventReader, base string) (welcome, error) {
	if got := resp.Header.Get("Content-Type"); got != mediaProtobuf {
		return welcome{}, fmt.Errorf("%w: content type %q", ErrProtocol, got)
	}
	streamID := resp.Header.Get(headerStreamID)
	if streamID == "" {
		return welcome{}, fmt.Errorf("%w: no %s in the answer", ErrProtocol, headerStreamID)
	}
	ev, err := rd.next()
	if err != nil {
		return welcome{}, err
	}
	if ev.Type == scheduler.Event_ERROR {
		return welcome{}, refusal(ev.GetError().GetMessage())
	}
	sub := ev.GetSubscribed()
	if sub == nil || sub.FrameworkID == nil || sub.FrameworkID.Value == "" {
		return welcome{}, fmt.Errorf("%w: %s instead of SUBSCRIBED", ErrProtocol, ev.Type)
	}
	return welcome{
		target:    Target{Master: base, FrameworkID: sub.FrameworkID.Value, StreamID: streamID},
		masterID:  sub.GetMasterInfo().GetID(),
		heartbeat: interval(sub),
	}, nil
}

func interval(sub *scheduler.Event_Subscribed) time.Duration {
	d := time.Duration(sub.GetHeartbeatIntervalSeconds() * float64(time.Second))
	if d <= 0 {
		return defaultHeartbeat
	}
	return d
}

// run reads events until the stream ends, for whatever reason.
func (s *Subscription) run(ctx context.Context, rd *eventReader) {
	err := s.read(ctx, rd)
	s.end(err)
	_ = rd.close()
	for _, d := range []*doer{s.stream, s.ordered, s.acks} {
		d.close()
	}
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
	s.log.Info().Err(err).Msg("subscription ended")
	close(s.events)
}

// read passes events on. The watchdog only runs while the wire is waited for,
// so that a slow reader of events does not look like a dead master.
func (s *Subscription) read(ctx context.Context, rd *eventReader) error {
	patience := time.Duration(s.cfg.HeartbeatMisses) * s.heartbeat
	watchdog := time.AfterFunc(patience, func() {
		s.end(fmt.Errorf("%w: nothing for %s", ErrHeartbeatLost, patience))
	})
	defer watchdog.Stop()
	for {
		watchdog.Reset(patience)
		wire, err := rd.next()
		watchdog.Stop()
		if err != nil {
			return causeOr(ctx, streamError(err))
		}
		ev := s.take(wire)
		if ev == nil {
			continue
		}
		passed := s.pass(ctx, ev)
		// The master's last word explains more than whatever else went wrong.
		if last, ok := ev.(MasterError); ok {
			return refusal(last.Message)
		}
		if !passed {
			return context.Cause(ctx)
		}
	}
}

// pass gives an event to the reader of Events, and reports whether that took it
// before the subscription ended.
func (s *Subscription) pass(ctx context.Context, ev Event) bool {
	select {
	case s.events <- ev:
		return true
	case <-ctx.Done():
		return false
	}
}

// streamError keeps what the master got wrong apart from a lost connection.
func streamError(err error) error {
	if errors.Is(err, ErrProtocol) || errors.Is(err, ErrEventTooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDisconnected, err)
}

// take keeps the book of offers and turns an event into ours; nil is for those
// that taurus has no use for.
func (s *Subscription) take(ev *scheduler.Event) Event {
	switch ev.Type {
	case scheduler.Event_OFFERS:
		offers := ev.GetOffers().GetOffers()
		s.book.add(offers)
		return plainOffers(offers, s.secure())
	case scheduler.Event_RESCIND:
		id := ev.GetRescind().GetOfferID().Value
		s.book.forget([]string{id})
		return Rescind{OfferID: id}
	case scheduler.Event_INVERSE_OFFERS:
		return plainInverseOffers(ev.GetInverseOffers().GetInverseOffers())
	case scheduler.Event_RESCIND_INVERSE_OFFER:
		return RescindInverse{OfferID: ev.GetRescindInverseOffer().GetInverseOfferID().Value}
	case scheduler.Event_UPDATE:
		status := ev.GetUpdate().GetStatus()
		return Update{Status: plainStatus(&status)}
	case scheduler.Event_FAILURE:
		return Failure{AgentID: failureAgent(ev.Failure), ExecutorID: failureExecutor(ev.Failure)}
	case scheduler.Event_ERROR:
		return MasterError{Message: ev.GetError().GetMessage()}
	case scheduler.Event_HEARTBEAT:
		return Heartbeat{}
	case scheduler.Event_UNKNOWN, scheduler.Event_SUBSCRIBED, scheduler.Event_MESSAGE,
		scheduler.Event_UPDATE_OPERATION_STATUS:
	}
	s.log.Debug().Stringer("type", ev.Type).Msg("event without use")
	return nil
}

func failureAgent(f *scheduler.Event_Failure) string {
	if id := f.GetAgentID(); id != nil {
		return id.Value
	}
	return ""
}

func failureExecutor(f *scheduler.Event_Failure) string {
	if id := f.GetExecutorID(); id != nil {
		return id.Value
	}
	return ""
}
