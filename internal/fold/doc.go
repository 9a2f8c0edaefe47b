// Package fold is the loop of a service: it folds the log into a state, has a
// machine decide on it, and carries out what the machine wants.
//
//	          +--------------------- Loop, one goroutine ----------------------+
//	log ----> | Feed --> State.Apply --> Folded --.                            |
//	          |                                   v                            |
//	Post ---> | answers ---------------------> machine --> Append, Note, ...   |
//	          |                                   ^               |            |
//	          | CaughtUp, ClockMoved, Tick -------'               |            |
//	          +---------------------------------------------------|------------+
//	             |                                                v
//	WaitFor <----'  a sequence is folded                  the log, the Carrier
//
// Every record is folded, from the first on, in order, unfiltered. While the log
// is replayed the machine is told of records only, and asked for nothing; once
// what the log held at the start is folded it is told so, then what was posted
// meanwhile. From then on records and answers are handled in bursts, and after each
// the machine is ticked, at the latest when it wants to wake.
//
// A gap in the log, an event in a newer major version, or a log that no longer
// reaches back to its beginning ends the loop, and with it the service, loudly. A
// record that no program of taurus' writes does not: it is passed over, counted,
// and told of.
//
// Whoever reads records again once they are folded does so along a [Trail], which
// the state has left: it gives those that were folded, or an error.
package fold
