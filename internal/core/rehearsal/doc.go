// Package rehearsal has a planner decide over a log that was recorded, and tells where it
// decides otherwise than the one that wrote it.
//
// The log goes on as recorded, whatever is decided here, so each difference stands for
// itself: what follows from it is not there. A planner decides when it is ready to, not
// with each record; so a recorded decision is taken for the same if the rehearsed planner
// would have made it at any time since the planner's record before it about the job. Nor has
// a planner folded all that is in the log: one that is made by what was known at most Overdue
// before is the same, too; and one that was under way for long is as of when it says that it
// was made. How many tasks may be ended in a minute that nobody asked for is what the log says.
//
// What the log does not tell is not known: how full it was, so that what was put off for want
// of space is listed, and which jobs were whose among several planners.
package rehearsal
