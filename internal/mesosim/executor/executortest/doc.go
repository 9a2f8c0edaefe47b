// Package executortest holds what every executor must do, as one suite of tests.
// An executor's own tests call Run with a Harness that makes the executor and
// the few programs that the suite runs on it.
//
// Nothing here waits for a fixed time: the suite waits for states to reach the
// sink, and gives up only after minutes.
package executortest
