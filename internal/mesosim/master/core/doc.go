// Package core is the master as a state machine: frameworks, agents, tasks and
// offers, and what each call, message and passage of time does to them. It has
// no clock, no goroutine, no socket and no file: a method is given the time,
// changes the state, and queues Effects for the shell to carry out in order.
// Each rule names its section of the specification (mesos-v1).
//
// An agent, by what is heard of it (loss.go, register.go, gone.go):
//
//	            registers           the link breaks
//	(nobody) -------------> there <-----------------> disconnected
//	                        ^   |      it registers        |
//	            registers   |   | pings unanswered         | ReregisterTimeout is over
//	                        |   v                          v
//	                      unreachable <--------------------+
//	                        ^
//	                        | ReregisterTimeout is over
//	recovered --------------+--- registers ---> there
//	(in the registry of a master that was just started)
//
// From any of them an operator may have it gone, for ever; one that says good-bye
// is forgotten.
//
// A Master is not safe for concurrent use; the shell serialises the calls. What
// has to survive the process is the registry of agents, as in Mesos; frameworks
// come back when they subscribe again, tasks when their agents do.
package core
