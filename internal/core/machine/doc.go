// Package machine is what the machines of the core have in common: what goes
// in, what comes out, and how an event that is to be appended looks before it
// has a place in the log.
//
//	log --Folded-->  +---------+  --Append-->  log
//	answers  ----->  | Machine |  --calls--->  Mesos
//	Tick(now) ---->  +---------+  --Note---->  operators
//
// A machine is a value that one goroutine owns. It has no goroutine, no clock
// and no function in it, and does no I/O: equal inputs give equal effects, so
// that a simulation can repeat a run to the last step, and an exploration can
// copy a machine and go on with both. Whatever takes time is an effect, and its
// end comes back as an input that carries the ticket of the effect.
package machine
