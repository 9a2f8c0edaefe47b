package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Inspection is what a server tells of itself and of streams, for people.
type Inspection struct {
	// URL, Name and Version are those of the server that was connected to.
	URL, Name, Version string
	// Unfit is why it cannot carry the log; nil if it can.
	Unfit error
	// TLS reports whether the connection is over TLS.
	TLS bool
	// Anyone reports whether JetStream serves who shows no credentials at all.
	Anyone bool
	// Admin reports whether the credentials of the connection may delete streams.
	Admin bool
	// Skew is the server's clock minus the local one, SkewWithin how exact that is.
	// Both are zero if no stream answered.
	Skew, SkewWithin time.Duration
	Streams          []StreamInspection
}

// StreamInspection is what is known of a stream.
type StreamInspection struct {
	Name string
	// Err says that it is not there (a *NoStreamError), not as asked for (an
	// *UnfitError), or did not answer.
	Err error
	// Replicas is how many it should have, Current how many are up to date.
	Replicas, Current     int
	First, Last           uint64
	Bytes, MaxBytes       uint64
	answered, asked, told time.Time
}

// Inspect connects by the connection of o and looks at streams; one named
// KV_taurus_lease is held to what the bucket of leases must be. It changes nothing.
// The error says that nothing was reached before ctx ended.
func Inspect(ctx context.Context, o Options, streams ...Options) (Inspection, error) {
	o = o.withDefaults()
	nc, err := connect(ctx, o)
	if err != nil {
		return Inspection{}, err
	}
	defer nc.Close()
	js, err := newJetStream(nc, o)
	if err != nil {
		return Inspection{}, err
	}
	i := Inspection{
		URL: nc.ConnectedUrlRedacted(), Name: nc.ConnectedServerName(), Version: nc.ConnectedServerVersion(), TLS: o.TLS != nil,
		Anyone: anyone(ctx, o), Admin: admin(ctx, nc),
	}
	bounded, cancel := context.WithTimeout(ctx, 2*apiTimeout)
	defer cancel()
	i.Unfit = ensureServer(bounded, nc, js, o)
	if _, err := nc.TLSConnectionState(); err == nil {
		i.TLS = true
	}
	for _, s := range streams {
		found := inspectStream(ctx, js, s)
		i.Streams = append(i.Streams, found)
		// The clock is told most exactly by the quickest answer.
		if within := found.answered.Sub(found.asked) / 2; !found.told.IsZero() && (i.SkewWithin == 0 || within < i.SkewWithin) {
			i.Skew, i.SkewWithin = found.told.Sub(found.asked.Add(within)), max(within, 1)
		}
	}

	return i, nil
}

// anyone reports whether JetStream serves a connection without credentials.
func anyone(ctx context.Context, o Options) bool {
	stranger := Options{URL: o.URL, Name: o.Name, TLS: o.TLS}.withDefaults()
	options, err := connectOptions(ctx, stranger)
	if err != nil {
		return false
	}
	nc, err := nats.Connect(stranger.URL, append(options, nats.MaxReconnects(0))...)
	if err != nil {
		return false
	}
	defer nc.Close()
	js, err := newJetStream(nc, stranger)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	_, err = js.AccountInfo(ctx)

	return err == nil
}

// nobodys is the name of a stream that nobody has.
const nobodys = "taurus_doctor_asks"

// admin reports whether a connection may delete streams, by asking for one to be
// deleted that is not there: who may not is not answered.
func admin(ctx context.Context, nc *nats.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.DELETE."+nobodys, nil)

	return err == nil
}

func inspectStream(ctx context.Context, js jetstream.JetStream, o Options) StreamInspection {
	found := StreamInspection{Name: o.Stream}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	found.asked = time.Now()
	s, err := js.Stream(ctx, o.Stream)
	found.answered = time.Now()
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		found.Err = &NoStreamError{Stream: o.Stream, Server: o.URL}

		return found
	case err != nil:
		found.Err = fmt.Errorf("jetstream: stream %s: %w", o.Stream, err)

		return found
	}
	info := s.CachedInfo()
	found.told = info.TimeStamp
	found.Replicas, found.Current = info.Config.Replicas, 1
	if c := info.Cluster; c != nil {
		for _, peer := range c.Replicas {
			if peer.Current && !peer.Offline {
				found.Current++
			}
		}
	}
	b := bounds(info.State)
	found.First, found.Last, found.Bytes = b.First, b.Last, info.State.Bytes
	found.MaxBytes = uint64(max(info.Config.MaxBytes, 0))
	if o.Stream == bucketStream {
		found.Err = verifyBucket(info.Config, o)
	} else {
		found.Err = verify(info.Config, o.withDefaults())
	}

	return found
}
