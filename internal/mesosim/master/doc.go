// Package master is mesosim's master process around the state machine of
// package core: the HTTP endpoints of a Mesos master, event streams, the link to
// agents, the clock, and the registry on disk.
//
// All calls and messages go through one lock, in which the state changes and its
// effects are put into the outboxes of the streams; encoding and network happen
// outside of it. The registry is on disk before any effect that follows from it
// is seen. A master that is killed comes back with the registry: agents connect
// again by themselves and bring their tasks and frameworks, schedulers subscribe
// with their old ids. A master that is stopped says no good-bye either.
package master
