package cluster

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// RequestsKept is how many requests with an idempotency key are kept of a job.
const RequestsKept = 32

// RequestKind is what a request about tasks asks for.
type RequestKind string

// The kinds of requests.
const (
	RequestKill      RequestKind = "kill"
	RequestScaleDown RequestKind = "scale_down"
	RequestRestart   RequestKind = "restart"
)

// Request is a request about tasks of a job that came with an idempotency key.
type Request struct {
	Key  string
	Kind RequestKind
	// Group and Slots are what it was about; of an attempt Slots says nothing.
	Group string
	Slots []events.SlotRange
}

// Request finds the one that came with a key, nil if none did that is kept.
func (j *Job) Request(key string) *Request {
	at := slices.IndexFunc(j.Requests, func(r Request) bool { return r.Key == key })
	if key == "" || at < 0 {
		return nil
	}
	return &j.Requests[at]
}

// noteRequest keeps a request, if it has a key.
func (j *Job) noteRequest(r Request) {
	if r.Key == "" || j.Request(r.Key) != nil {
		return
	}
	kept := j.Requests[max(0, len(j.Requests)-RequestsKept+1):]
	j.Requests = append(slices.Clone(kept), r)
}

// Names reports whether just these slots are what a request was about.
func (r *Request) Names(slots []uint32) bool {
	named := make([]uint32, 0, len(slots))
	for n := range ranges.All(r.Slots) {
		named = append(named, n)
	}
	return slices.Equal(ranges.Distinct(named), ranges.Distinct(slots))
}
