// Package inprocess is a whole Mesos cluster in one process, without sockets and
// without a disk: a real master and real agents with the simulated executor, and
// a Network that carries the HTTP of real clients to them. It is what simulation
// tests and benchmarks run on.
//
// In a testing/synctest bubble its time is fake. A seed decides the order of the
// agents in an allocation and how long each request, each answer and each message
// of an agent takes, and so which of two calls on different connections
// arrives first. Within a bubble goroutines that are ready at the same instant
// run in any order; as hardly two delays are equal, one seed gives one history.
//
// There is nothing per task but its records in master, agent and executor: no
// goroutine, no file. Agents killed with Kill keep their records and tasks, as a
// real one with its work_dir does.
package inprocess
