// Package executor holds what runs the tasks of the embedded Mesos, behind one
// interface: docker (containers through the Engine API), process (plain
// commands) and simulated (timers, for tests and for machines without Docker).
//
// An executor outlives the agent that uses it: what it started goes on when the
// agent is killed at any instruction, and Recover finds it again by names that
// depend on nothing but the container id. So nothing is started twice, no exit
// status is lost, and no run of another agent is touched.
//
// A state goes to the Sink before anything that depends on it is done: a
// container is removed only after its terminal state is on disk. If the agent
// dies in between, Recover with the terminal state, or Sweep, removes it.
package executor
