// Package eventlog is the one truth of taurus behind one interface: a totally
// ordered log of messages that services append to and replay.
//
// A service is a fold over the log, a pure decision, and a conditional append.
// So the log needs three things only: to append a message on the condition that
// its subject did not move meanwhile, to be read from any sequence on, and to
// say loudly when something is missing. There are no acknowledgements, no
// redelivery and no consumer state: a reader remembers its own position.
//
// Two stores stand behind [Log]: package jetstream (NATS JetStream, one server
// or three) and package memory. Package eventlogtest is the suite that both
// pass and that any other must pass to be put in their place.
//
// # What happens on failure
//
// Append tells three cases apart, because they are answered differently:
// [ErrConflict] is a lost race (fold what came, decide again), [ErrUnavailable]
// means nothing was stored (try again), and [ErrOutcomeUnknown] means that the
// message may have been stored, now or a moment later. Only a reader of the log
// can settle the last: nobody acts on an acknowledgement, everybody acts on
// what was folded.
//
// Read never skips: a missing sequence ends it with a [GapError], at the log's end
// too if the log counts it, a start below the first sequence kept with a [TruncatedError]. [Follower] adds patience: it
// takes up reading where it stopped, for as long as the log cannot be reached.
package eventlog
