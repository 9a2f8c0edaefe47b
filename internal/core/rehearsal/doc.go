// Package rehearsal has a planner decide over a log that was recorded, and tells where it
// decides otherwise than the one that wrote it.
//
// The log goes on as recorded, whatever is decided here, so each difference stands for
// itself: what follows from it is not there. A planner decides when it is ready to, not
// with each record; so a recorded decision is taken for the same if the rehearsed planner
// would have made it at any time since the planner's record before it about the job.
package rehearsal
