package events

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Header names of the envelope: CloudEvents in binary mode (CloudEvents 1.0.2,
// NATS binding) and taurus' own.
const (
	HeaderSpecVersion = "ce-specversion"
	HeaderID          = "ce-id"
	HeaderType        = "ce-type"
	HeaderSource      = "ce-source"
	HeaderTime        = "ce-time"
	HeaderActor       = "taurus-actor"
	HeaderOnBehalfOf  = "taurus-on-behalf-of"
	HeaderCause       = "taurus-cause"
	HeaderEpoch       = "taurus-epoch"
	HeaderCounter     = "taurus-counter"
	HeaderTrace       = "traceparent"
	// HeaderSum is the checksum of the whole message, see Sum.
	HeaderSum = "taurus-sum"
)

// Envelope is what every event carries besides its own members.
type Envelope struct {
	// ID is derived from what led to the event, never random: the same decision
	// taken again has the same id.
	ID string
	// Source is the instance that appended it, "taurus/planner/<name>".
	Source string
	// Time is the writer's clock when it decided. Order is by sequence alone.
	Time time.Time
	// Actor is the user or program that asked for it; empty where nobody did.
	Actor string
	// OnBehalfOf is for whom the actor says that it asked; empty where it asked for itself.
	OnBehalfOf string
	// Cause is the sequence of the event that led to this one; 0 if none did.
	Cause uint64
	// Epoch and Counter are those of the launcher; zero for everyone else.
	Epoch, Counter uint64
	// TraceParent is the W3C trace context.
	TraceParent string
}

// ErrEnvelope is returned when the headers of an event are missing or malformed.
var ErrEnvelope = errors.New("malformed event envelope")

// headersMax is how many headers an event has at most, the checksum among them. A
// map that is made for as many does not grow as they come.
const headersMax = 12

// By is who asked for it, for people: the actor, or for whom and by way of whom.
func (e Envelope) By() string {
	if e.OnBehalfOf == "" {
		return e.Actor
	}
	return e.OnBehalfOf + " (through " + e.Actor + ")"
}

func (e Envelope) header(eventType string) map[string]string {
	h := make(map[string]string, headersMax)
	h[HeaderSpecVersion], h[HeaderID], h[HeaderType], h[HeaderSource] = "1.0", e.ID, eventType, e.Source
	h[HeaderTime] = e.Time.UTC().Format(time.RFC3339Nano)
	set := func(name, value string) {
		if value != "" {
			h[name] = value
		}
	}
	set(HeaderActor, e.Actor)
	set(HeaderOnBehalfOf, e.OnBehalfOf)
	set(HeaderTrace, e.TraceParent)
	setNumber := func(name string, n uint64) {
		if n != 0 {
			h[name] = strconv.FormatUint(n, 10)
		}
	}
	setNumber(HeaderCause, e.Cause)
	setNumber(HeaderEpoch, e.Epoch)
	setNumber(HeaderCounter, e.Counter)
	return h
}

func parseEnvelope(h map[string]string) (Envelope, error) {
	e := Envelope{
		ID:          h[HeaderID],
		Source:      h[HeaderSource],
		Actor:       h[HeaderActor],
		OnBehalfOf:  h[HeaderOnBehalfOf],
		TraceParent: h[HeaderTrace],
	}
	if e.ID == "" {
		return e, fmt.Errorf("%w: header %s is missing", ErrEnvelope, HeaderID)
	}
	var err error
	if e.Time, err = time.Parse(time.RFC3339Nano, h[HeaderTime]); err != nil {
		return e, fmt.Errorf("%w: header %s: %w", ErrEnvelope, HeaderTime, err)
	}
	if e.Time = e.Time.UTC(); e.Time.Year() < 0 || e.Time.Year() > 9999 {
		return e, fmt.Errorf("%w: header %s: %s has no year of four digits in UTC", ErrEnvelope, HeaderTime, h[HeaderTime])
	}
	if e.Cause, err = headerNumber(h, HeaderCause); err != nil {
		return e, err
	}
	if e.Epoch, err = headerNumber(h, HeaderEpoch); err != nil {
		return e, err
	}
	if e.Counter, err = headerNumber(h, HeaderCounter); err != nil {
		return e, err
	}
	return e, nil
}

// headerNumber reads a header that is a number, 0 without it.
func headerNumber(h map[string]string, name string) (uint64, error) {
	text, ok := h[name]
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: header %s: %w", ErrEnvelope, name, err)
	}
	return n, nil
}
