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
//
// Of several masters the one that package election chose leads, with the registry
// in ZooKeeper. The others answer 307 with its address. A leader that another one
// replaced, or that cannot reach ZooKeeper, ends, as Mesos' does: what it knows is
// out of date, and whoever started it starts it again.
package master
