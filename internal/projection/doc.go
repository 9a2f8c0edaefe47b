// Package projection is the read model: the folded state of the cluster as
// views that many may read while one goroutine folds.
//
//	log --> fold.Loop --Apply--> Projection <--View, Follow-- many readers
//	           |                     ^
//	           +--> a machine, ------+ State
//	                where one decides on what users see
//
// A [Projection] is the state of a fold.Loop and answers from memory, so reads
// go on while the log, Mesos and every other service are down. It keeps what
// reading needs beyond the state: per job the sequences of its events (8 bytes
// each), the newest idempotency keys, and the newest events for feeds.
//
// # Time travel
//
// A [History] builds a [Model] of any past sequence by replay. A sequence in
// the middle of a batch is taken exactly: the model then shows a state that
// stood in the log but that nobody acted upon.
//
// # What happens on failure
//
// Nothing here is stored; a restart folds the log again. A gap in the log, or
// an event that must not be skipped, ends Run with an error, and whoever runs
// the service ends it: a wrong answer is worse than none.
package projection
