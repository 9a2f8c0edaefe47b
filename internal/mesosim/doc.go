// Package mesosim is the embedded Mesos: a master and agents that a v1 framework
// cannot tell from Apache Mesos 1.12, for development, tests and benchmarks. It
// is in the packages below:
//
//	framework -- wire --> master --> master/core, the state machine
//	                      |    |\--> validate, resource
//	                   link    |---> election --> ZooKeeper
//	                      |     \--> disk
//	                      agent --> executor: docker, process or simulated
//
// Package command is the command line of them; fault makes things go wrong;
// inprocess runs a whole cluster without sockets and disk.
//
// README.md says what it implements, what it leaves out, and what a framework gets
// of that: an answer, always.
package mesosim
