package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// restoredOf is up to which sequence the records of a stream were restored, 0 for
// none.
func restoredOf(c jetstream.StreamConfig) uint64 {
	n, err := strconv.ParseUint(c.Metadata[restoredKey], 10, 64)
	if err != nil {
		return 0
	}

	return n
}

// timeOf is the time of a record: of one that was restored, that which it had.
func (l *Log) timeOf(sequence uint64, stored time.Time, h nats.Header) time.Time {
	if sequence <= l.restored {
		if was, err := time.Parse(time.RFC3339Nano, h.Get(headerTime)); err == nil {
			return was.UTC()
		}
	}

	return stored.UTC()
}

// restoredAt returns the last sequence of those restored whose time is not after t,
// 0 if there is none. The stream itself knows only when they were put back.
func (l *Log) restoredAt(ctx context.Context, t time.Time) (uint64, error) {
	var failed error
	after := sort.Search(int(l.restored), func(i int) bool {
		if failed != nil {
			return true
		}
		at, found, err := l.timeFrom(ctx, uint64(i)+1)
		failed = err

		return !found || at.After(t)
	})

	return uint64(after), failed
}

// timeFrom is the time of the first record from a sequence on, false if there is none.
func (l *Log) timeFrom(ctx context.Context, sequence uint64) (at time.Time, found bool, err error) {
	rec, found, err := l.ofLeader(ctx, struct {
		Sequence uint64 `json:"seq"`
		NextFor  string `json:"next_by_subj"`
	}{sequence, ">"})

	return rec.Time, found, err
}

// get is the record at a sequence, false if there is none.
func (l *Log) get(ctx context.Context, sequence uint64) (rec eventlog.Record, found bool, err error) {
	return l.ofLeader(ctx, struct {
		Sequence uint64 `json:"seq"`
	}{sequence})
}

// ofLeader is the record that a request to the stream's leader is answered with, false
// if there is none.
func (l *Log) ofLeader(ctx context.Context, what any) (rec eventlog.Record, found bool, err error) {
	request, err := json.Marshal(what)
	if err != nil {
		return rec, false, fmt.Errorf("jetstream: encode: %w", err)
	}
	err = l.ask(ctx, func(ctx context.Context) error {
		m, err := leaderGet(ctx, l.nc, l.options.Stream, request)
		if err != nil || m == nil {
			found = false

			return err
		}
		var header nats.Header
		if len(m.Header) > 0 {
			if header, err = nats.DecodeHeadersMsg(m.Header); err != nil {
				return fmt.Errorf("jetstream: headers of %d: %w", m.Sequence, err)
			}
		}
		found, rec = true, eventlog.Record{
			Sequence: m.Sequence, Time: l.timeOf(m.Sequence, m.Time, header),
			Message: eventlog.Message{Subject: m.Subject, Header: decodeHeader(header), Data: m.Data},
		}

		return nil
	})

	return rec, found, err
}
