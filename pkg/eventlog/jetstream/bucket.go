package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

const (
	// LeaseBucket is the key-value bucket of leases (lease.<name>), members
	// (member.<role>.<id>) and who is there (presence.<role>.<id>).
	LeaseBucket = "taurus_lease"

	bucketStream = "KV_" + LeaseBucket
	bucketPrefix = "$KV." + LeaseBucket + "."

	// markerTTL is how long it is remembered that a key ran out or was given up.
	markerTTL = time.Minute

	operationHeader = "KV-Operation"
	operationDelete = "DEL"
)

// bucket is the key-value bucket, by plain messages: the client's own Update
// drops the time to live of a key, so that a lease renewed with it never ends.
type bucket struct {
	options Options
	nc      *nats.Conn
	js      jetstream.JetStream
	absence *absence
}

// value is what is under a key.
type value struct {
	revision uint64
	data     []byte
	live     bool // It was neither deleted nor ran out.
}

func bucketConfig(o Options) jetstream.KeyValueConfig {
	return jetstream.KeyValueConfig{
		Bucket:      LeaseBucket,
		Description: "leases and members of taurus",
		// More than one would bring older revisions back when the newest ends.
		History:        1,
		Storage:        jetstream.FileStorage,
		Replicas:       max(o.Replicas, 1),
		LimitMarkerTTL: markerTTL,
	}
}

// findBucket verifies the bucket that is there.
func findBucket(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, o Options) error {
	return find(ctx, nc, js, o, bucketStream, func(got jetstream.StreamConfig) error { return verifyBucket(got, o) })
}

// makeBucket makes the bucket or verifies the one that is there.
func makeBucket(ctx context.Context, _ *nats.Conn, js jetstream.JetStream, o Options) error {
	return ensure(ctx, o, "make bucket "+LeaseBucket, func(ctx context.Context) error {
		s, err := js.Stream(ctx, bucketStream)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			if _, err = js.CreateKeyValue(ctx, bucketConfig(o)); err != nil && !errors.Is(err, jetstream.ErrBucketExists) {
				return err
			}
			s, err = js.Stream(ctx, bucketStream)
		}
		if err != nil {
			return err
		}

		return verifyBucket(s.CachedInfo().Config, o)
	})
}

func verifyBucket(got jetstream.StreamConfig, o Options) error {
	settings := []setting{
		{name: "max_msgs_per_subject (history)", want: int64(1), got: got.MaxMsgsPerSubject},
		{name: "allow_msg_ttl", want: true, got: got.AllowMsgTTL},
		{name: "subject_delete_marker_ttl", want: markerTTL, got: got.SubjectDeleteMarkerTTL},
	}
	if o.Replicas != 0 {
		settings = append(settings, setting{name: "num_replicas", want: o.Replicas, got: got.Replicas})
	}

	return compare(settings, bucketStream)
}

// gone returns a *NoStreamError if the bucket is there no more. It is for who has
// failed: to a write a bucket that is gone looks like a server that does not answer.
func (b *bucket) gone(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	_, err := b.js.Stream(ctx, bucketStream)
	switch {
	case err == nil:
		b.absence.disproved()
	case b.absence.proven(err):
		return b.absence.err()
	}

	return nil
}

// get returns what the leader of the bucket has under key.
func (b *bucket) get(ctx context.Context, key string) (value, error) {
	request, err := json.Marshal(struct {
		Last string `json:"last_by_subj"`
	}{bucketPrefix + key})
	if err != nil {
		return value{}, fmt.Errorf("jetstream: encode: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	m, err := leaderGet(ctx, b.nc, bucketStream, request)
	if err != nil || m == nil {
		return value{}, err
	}
	v := value{revision: m.Sequence, data: m.Data}
	v.live, err = m.live()

	return v, err
}

// live reports whether a key was neither deleted nor ran out.
func (m *stored) live() (bool, error) {
	if len(m.Header) == 0 {
		return true, nil
	}
	header, err := nats.DecodeHeadersMsg(m.Header)
	if err != nil {
		return false, fmt.Errorf("jetstream: key %s: %w", m.Subject, err)
	}

	return isLive(header), nil
}

// under returns what the leader of the bucket has under a pattern of keys, one by one:
// of a key that is written meanwhile the newest. A direct get of all at once would need
// the right to it, and with that a user can have the server publish what it likes.
func (b *bucket) under(ctx context.Context, pattern string) ([]*stored, error) {
	newest := make(map[string]*stored)
	for next := uint64(1); ; {
		request, err := json.Marshal(struct {
			Sequence uint64 `json:"seq"`
			NextFor  string `json:"next_by_subj"`
		}{next, bucketPrefix + pattern})
		if err != nil {
			return nil, fmt.Errorf("jetstream: encode: %w", err)
		}
		m, err := leaderGet(ctx, b.nc, bucketStream, request)
		if err != nil {
			return nil, err
		}
		if m == nil {
			break
		}
		newest[m.Subject], next = m, m.Sequence+1
	}
	all := make([]*stored, 0, len(newest))
	for _, m := range newest {
		live, err := m.live()
		if err != nil {
			return nil, err
		}
		if live {
			all = append(all, m)
		}
	}

	return all, nil
}

func isLive(h nats.Header) bool {
	return h.Get(operationHeader) == "" && h.Get(jetstream.MarkerReasonHeader) == ""
}

// put writes data under key for ttl, if expect is nil or the key's revision.
// Its error is one of classify's.
func (b *bucket) put(ctx context.Context, key string, data []byte, ttl time.Duration, expect *uint64) (uint64, error) {
	return b.publish(ctx, &nats.Msg{Subject: bucketPrefix + key, Data: data, Header: nats.Header{}}, ttl, expect)
}

// remove deletes key if expect is nil or its revision.
func (b *bucket) remove(ctx context.Context, key string, expect *uint64) error {
	header := nats.Header{operationHeader: []string{operationDelete}}
	_, err := b.publish(ctx, &nats.Msg{Subject: bucketPrefix + key, Header: header}, markerTTL, expect)

	return err
}

func (b *bucket) publish(ctx context.Context, msg *nats.Msg, ttl time.Duration, expect *uint64) (uint64, error) {
	options := []jetstream.PublishOpt{jetstream.WithRetryAttempts(0), jetstream.WithMsgTTL(wholeSeconds(ttl))}
	if expect != nil {
		options = append(options, jetstream.WithExpectLastSequencePerSubject(*expect))
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	ack, err := b.js.PublishMsg(ctx, msg, options...)
	if err != nil {
		if denied := b.options.denied.of(msg.Subject); denied != nil {
			return 0, denied
		}

		return 0, classify(err)
	}

	return ack.Sequence, nil
}

// wholeSeconds rounds up: the server cuts fractions off.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}

// escape makes any text one token of a key, reversibly.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c == '-' || c == '_' || ('0' <= c && c <= '9') || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}

	return b.String()
}

func checkTTL(ttl time.Duration) error {
	if ttl < eventlog.MinTTL {
		return fmt.Errorf("jetstream: a ttl of %v is below MinTTL, %v", ttl, eventlog.MinTTL)
	}

	return nil
}

func checkName(what, name string) error {
	if name == "" {
		return fmt.Errorf("jetstream: the %s is empty", what)
	}

	return nil
}
