// Package core is the master as a state machine: frameworks, agents, tasks and
// offers, and what each call, message and passage of time does to them. It has
// no clock, no goroutine, no socket and no file: a method is given the time,
// changes the state, and queues Effects for the shell to carry out in order.
// Each rule names its section of the specification (mesos-v1).
//
// A Master is not safe for concurrent use; the shell serialises the calls. What
// has to survive the process is the registry of agents, as in Mesos; frameworks
// come back when they subscribe again, tasks when their agents do.
package core
