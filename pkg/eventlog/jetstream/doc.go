// Package jetstream is the log on NATS JetStream, with one server or three.
//
// Everything that replicas fence each other with is an expected last sequence
// of one literal subject: on three replicas an expectation on a wildcard lets
// two writers through. Message ids are not used: with them a repeat is answered
// as success to two different writers.
//
// A stream is made once, by Create, and only ever opened after that: one that is
// gone is a *NoStreamError, at the start and while it is used.
//
// # What happens on failure
//
// A server that is gone, or a stream without a leader (5 to 9 s after its
// leader was killed), has appends tried again for Options.Patience as long as
// the server said that nothing was taken, and fails with ErrUnavailable then. An
// answer that does not come is ErrOutcomeUnknown. Reads begin a new consumer at
// their own position, so neither a restarted server nor a lost connection makes
// a gap or a repeat.
//
// Acknowledged events survive a power failure only where nats-server runs with
// `jetstream { sync_interval: always }`. A flipped bit on one replica is not
// mended by NATS: reads find it as a gap.
package jetstream
