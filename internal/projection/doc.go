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
// each) and how many tasks it has in which state, of every event what became of
// it (some 15 bytes) and by what it is known again (4 bytes), the newest
// idempotency keys, and the newest events for feeds.
//
// # What an event did
//
// The fold judges events and changes the state by those that count. An [Event]
// tells both, its Judgement and its [Result], so that who follows a feed need not
// fold it a second time, and could not do so differently:
//
//	record --Apply--> Change --add--> results (bytes, one after the other)
//	   |                                 |
//	   +------------- Event -------------+    fresh: for the feed
//	   +------------- Event -------------+    old: read from the log again, along the trail
//
// # Time travel
//
// A [History] builds a [Model] of any past sequence by replay. A sequence in
// the middle of a batch is taken exactly: the model then shows a state that
// stood in the log but that nobody acted upon.
//
// # What happens on failure
//
// What is read from the log again is held against what was folded (fold.Trail): a
// record that is another, or is gone, ends the reading with fold.ErrUnlike.
//
// Nothing here is stored; a restart folds the log again. A gap in the log, or
// an event that must not be skipped, ends Run with an error, and whoever runs
// the service ends it: a wrong answer is worse than none.
package projection
