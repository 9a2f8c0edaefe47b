// Package ready is what a part of taurus can say of whether it is able to do its
// work: a list of checks, each with a name, a level and a sentence.
//
//	Append, Read --> Log, which looks on and asks the log now and then --.
//	the service's own: caught up, Mesos, clocks                    ------+--> Report --> /readyz
//	the renewal of its presence                                    ------'         \---> presence
//
// Able means that something has worked lately, not that nothing has failed yet: a
// write was answered, a read was answered, what was appended was folded, and each
// within a bound that has a name here.
//
// A check also says whether another start of the process may mend it. What is away
// (NATS, Mesos), what is full and what is set wrong does not come back by that.
package ready
