// Package mesosim is the embedded Mesos: a master and agents that a v1 framework
// cannot tell from Apache Mesos 1.12, for development, tests and benchmarks. It
// is in the packages below: master (around master/core), agent (with executor),
// command (the command line); wire, resource, validate and link are what they
// share. Several masters elect a leader by package election.
//
// What is left out, and what a framework gets: the tasks of a group run each by
// itself, and end together; CREATE, DESTROY and other volume operations are
// answered with OPERATION_ERROR; quota, weights, offer constraints and revocable
// resources are as on a cluster without any; custom executors run
// their task's command. An operator's call that is not served answers 501.
package mesosim
