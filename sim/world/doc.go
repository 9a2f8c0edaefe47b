// Package world is a whole taurus as one plain value: a log, a model of Mesos,
// the production machines of every role, and all that is under way between them.
//
//	          +------------------- World -------------------+
//	Step ---> | Processes: machine, state, clock, position  |
//	          | Flight:    what is under way among them     |
//	          | Log        Lease        Master and agents   |
//	          +----------------------------------------------+
//
// There is no goroutine, no channel and no clock in it. Enabled lists the steps
// that may come next, Do does one: a process folds a record or gets a Tick, an
// append reaches the log, a call the master, an answer its caller, a timer runs
// out, time passes. Whoever chooses the steps chooses the run: Settle takes them
// in a fixed order, package sim draws them from a seed, package explore tries
// them all. Equal worlds and equal steps give equal worlds, byte for byte.
//
// Everything on its way may be lost, held back, carried out although its sender
// has given it up, or carried out with its answer lost: see Fate. After every step
// Violations says which rule was broken.
package world
