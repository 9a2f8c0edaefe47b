package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// partitionsKey is where a stream's metadata says how many partitions its
// subjects were made with.
const partitionsKey = "taurus-partitions"

const (
	// minAPILevel is that of nats-server 2.15.
	minAPILevel = 5
)

// MaxPayload is the least max_payload that a server needs: MaxMessage and what the
// log itself adds to a message.
const MaxPayload = eventlog.MaxMessage + 1<<10

// Codes of errors that waiting does not mend.
const (
	codeReplicasNotSupported = 10074
	codeStorageExceeded      = 10047
	codeSubjectOverlap       = 10065
	codeMaxStreams           = 10027
	codeNotEnabled           = 10076
	codeNotEnabledForAccount = 10039
	codeBadRequest           = 10003
)

// UnfitError says that a stream is there already, but not as it was asked for.
type UnfitError struct {
	// Stream is its name, Setting what is wrong with it.
	Stream, Setting string
	// Want and Got are the setting as asked for and as found.
	Want, Got string
	// Mend is what to do about it.
	Mend string
}

// Error says what is wrong and how to mend it.
func (e *UnfitError) Error() string {
	return fmt.Sprintf("jetstream: stream %s does not fit: %s is %s, wanted %s: %s", e.Stream, e.Setting, e.Got, e.Want, e.Mend)
}

func streamConfig(o Options) jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name:      o.Stream,
		Subjects:  o.Subjects,
		Retention: jetstream.LimitsPolicy,
		Storage:   jetstream.FileStorage,
		Discard:   jetstream.DiscardNew,
		Replicas:  max(o.Replicas, 1),
		// 0 means no limit to us; to the server that is -1.
		MaxBytes:           orNoLimit(o.MaxBytes),
		MaxMsgs:            -1,
		MaxMsgsPerSubject:  -1,
		MaxMsgSize:         -1,
		Compression:        jetstream.NoCompression,
		DenyDelete:         true,
		DenyPurge:          true,
		AllowDirect:        true,
		AllowAtomicPublish: true,
	}
	if o.Partitions != 0 {
		c.Metadata = map[string]string{partitionsKey: strconv.Itoa(o.Partitions)}
	}
	if o.Kind == Bounded {
		c.Discard = jetstream.DiscardOld
		c.MaxAge = o.MaxAge
		c.MaxMsgsPerSubject = orNoLimit(o.MaxPerSubject)
	}

	return c
}

func orNoLimit(n int64) int64 {
	if n == 0 {
		return -1
	}

	return n
}

// findStream verifies the stream that is there, waiting for the server and its
// elections until ctx ends, and says what it is like.
func findStream(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, o Options) (found jetstream.StreamConfig, err error) {
	err = find(ctx, nc, js, o, o.Stream, func(got jetstream.StreamConfig) error {
		found = got

		return verify(got, o)
	})

	return found, err
}

// makeStream makes the stream or verifies the one that is there, waiting as
// findStream does.
func makeStream(ctx context.Context, _ *nats.Conn, js jetstream.JetStream, o Options) error {
	return ensure(ctx, o, "make stream "+o.Stream, func(ctx context.Context) error {
		s, err := js.Stream(ctx, o.Stream)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			s, err = js.CreateStream(ctx, streamConfig(o))
			if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
				// Someone else made it just now: verify theirs.
				s, err = js.Stream(ctx, o.Stream)
			}
		}
		if err != nil {
			return noRoom(err, o)
		}

		return verify(s.CachedInfo().Config, o)
	})
}

// ErrNoRoom is returned by Create where the server may not store as much as the stream
// may grow to.
var ErrNoRoom = errors.New("jetstream: no room for the stream")

// noRoom says of a server that has no room for a stream how much that is.
func noRoom(err error, o Options) error {
	var api *jetstream.APIError
	if !errors.As(err, &api) || api.ErrorCode != codeStorageExceeded {
		return err
	}

	return fmt.Errorf("%w: %w: the stream may grow to %d MiB and the server has not that much: give it a larger disk, of which it takes three quarters, "+
		"or a higher limit (max_file_store; --max-store of the built-in one)", ErrNoRoom, err, streamConfig(o).MaxBytes>>20)
}

// ensure has a call tried until it succeeds, ctx ends, or it fails with what
// waiting does not mend.
func ensure(ctx context.Context, o Options, what string, call func(context.Context) error) error {
	var unfit *UnfitError

	return persist(ctx, o, what, func(err error) bool { return errors.As(err, &unfit) || finalForStreams(err) }, call)
}

func finalForStreams(err error) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return errors.Is(err, jetstream.ErrInvalidStreamName)
	}
	switch api.ErrorCode {
	case codeReplicasNotSupported, codeStorageExceeded, codeSubjectOverlap, codeMaxStreams,
		codeNotEnabled, codeNotEnabledForAccount, codeBadRequest:
		return true
	}

	return false
}

// OldServerError says that a server cannot carry the log.
type OldServerError struct {
	// Server is its URL, What is what it lacks.
	Server, What string
}

// Error says what the server lacks.
func (e *OldServerError) Error() string {
	return fmt.Sprintf("jetstream: server %s will not do: %s", e.Server, e.What)
}

// ensureServer verifies what the log needs of a server.
func ensureServer(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, o Options) error {
	if got := nc.MaxPayload(); got < MaxPayload {
		return &OldServerError{
			Server: nc.ConnectedUrlRedacted(),
			What:   fmt.Sprintf("its max_payload is %d, the log needs %d: raise it in its configuration", got, MaxPayload),
		}
	}
	var old *OldServerError

	return persist(ctx, o, "tell its version",
		func(err error) bool { return errors.As(err, &old) || finalForStreams(err) },
		func(ctx context.Context) error {
			account, err := js.AccountInfo(ctx)
			if err != nil {
				return err
			}
			if account.API.Level < minAPILevel {
				return &OldServerError{
					Server: nc.ConnectedUrlRedacted(),
					What: fmt.Sprintf("version %s is too old: use nats-server 2.15 or later, where sync_interval always is affordable",
						nc.ConnectedServerVersion()),
				}
			}

			return nil
		})
}

// setting is one thing that a stream must have.
type setting struct {
	name      string
	want, got any
	immutable bool // NATS cannot change it on a stream that exists.
}

// verify returns an *UnfitError if a stream is not as asked for.
func verify(got jetstream.StreamConfig, o Options) error {
	if _, restoring := got.Metadata[restoringKey]; restoring {
		return &UnfitError{
			Stream: o.Stream, Setting: "what it holds", Want: "a whole log", Got: "being restored",
			Mend: "give the same `taurus log restore` again, it goes on where it stopped",
		}
	}
	if err := verifyPartitions(got, o); err != nil {
		return err
	}
	want := streamConfig(o)
	settings := []setting{
		{name: "subjects", want: sorted(want.Subjects), got: sorted(got.Subjects)},
		{name: "retention", want: want.Retention, got: got.Retention, immutable: true},
		{name: "storage", want: want.Storage, got: got.Storage, immutable: true},
		{name: "discard", want: want.Discard, got: got.Discard},
		{name: "max_age", want: want.MaxAge, got: got.MaxAge},
		{name: "max_msgs", want: int64(-1), got: orNoLimit(got.MaxMsgs)},
		{name: "max_msgs_per_subject", want: want.MaxMsgsPerSubject, got: orNoLimit(got.MaxMsgsPerSubject)},
		{name: "compression", want: want.Compression, got: got.Compression},
		{name: "persist_mode", want: want.PersistMode, got: got.PersistMode, immutable: true},
		{name: "deny_delete", want: want.DenyDelete, got: got.DenyDelete},
		{name: "deny_purge", want: want.DenyPurge, got: got.DenyPurge},
		{name: "allow_direct", want: want.AllowDirect, got: got.AllowDirect},
		{name: "allow_atomic", want: want.AllowAtomicPublish, got: got.AllowAtomicPublish},
		{name: "allow_msg_ttl", want: false, got: got.AllowMsgTTL, immutable: true},
		{name: "no_ack", want: false, got: got.NoAck},
		{name: "allow_rollup_hdrs", want: false, got: got.AllowRollup},
		{name: "sealed", want: false, got: got.Sealed, immutable: true},
		{name: "mirror or sources", want: false, got: got.Mirror != nil || len(got.Sources) > 0, immutable: true},
		{name: "subject_transform", want: false, got: got.SubjectTransform != nil},
	}
	warnOfLimit(got, o)
	if o.Replicas != 0 {
		settings = append(settings, setting{name: "num_replicas", want: want.Replicas, got: got.Replicas})
	}

	return compare(settings, o.Stream)
}

// warnOfLimit says that a stream has another limit than asked for. It is no reason
// to refuse the stream: a limit is changed while everything runs, by Resize, and by
// then who was started with the old one must be able to start again.
func warnOfLimit(got jetstream.StreamConfig, o Options) {
	if o.Kind != Ledger || o.MaxBytes == 0 || got.MaxBytes == o.MaxBytes {
		return
	}
	o.Log.Warn("the stream's size limit is another than asked for, and stays: `taurus log resize` changes it",
		slog.String("stream", o.Stream), slog.Int64("max_bytes", got.MaxBytes), slog.Int64("asked_for", o.MaxBytes))
}

// compare returns an *UnfitError for the first setting that is not as wanted.
func compare(settings []setting, stream string) error {
	for _, s := range settings {
		if s.want != s.got {
			return &UnfitError{
				Stream: stream, Setting: s.name, Want: fmt.Sprint(s.want), Got: fmt.Sprint(s.got), Mend: mend(s, stream),
			}
		}
	}

	return nil
}

func sorted(subjects []string) string {
	return strings.Join(slices.Sorted(slices.Values(subjects)), ", ")
}

func mend(s setting, stream string) string {
	if s.immutable {
		return "it cannot be changed on a stream that exists: start with another stream name, or move this one away (nats stream backup, then nats stream rm)"
	}

	return fmt.Sprintf("change it with `nats stream edit %s`, or ask for what is there", stream)
}

func verifyPartitions(got jetstream.StreamConfig, o Options) error {
	if o.Partitions == 0 {
		return nil
	}
	want := strconv.Itoa(o.Partitions)
	have, ok := got.Metadata[partitionsKey]
	if !ok {
		have = "not recorded"
	}
	if have == want {
		return nil
	}

	return &UnfitError{
		Stream: o.Stream, Setting: "the number of partitions (metadata " + partitionsKey + ")", Want: want, Got: have,
		Mend: "it is part of every subject and fixed when the stream is made: start with the stream's number, or with another stream",
	}
}
