// Package mesosim is the embedded Mesos: a master and agents that a v1 framework
// cannot tell from Apache Mesos 1.12, for development, tests and benchmarks. It
// is in the packages below: master (around master/core), agent (with executor),
// command (the command line); wire, resource, validate and link are what they
// share. Several masters elect a leader by package election. Package fault makes
// things go wrong, inprocess runs a whole cluster without sockets and disk.
//
// README.md says what it implements, what it leaves out, and what a framework gets
// of that: an answer, always.
package mesosim
