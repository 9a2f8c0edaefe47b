// Package allinone runs a whole taurus on one machine: NATS, a Mesos master,
// agents and the services, each a process of its own that runs this very binary
// again. It is what `taurus demo` and `taurus dev` stand on.
//
// A Supervisor starts processes stage by stage and waits until each says it is
// ready. It starts one that died again, at the addresses the first had, so that
// its peers find it; until it is back they do what they do when any peer is away.
//
//	started --> announced --> ready --> stopped: SIGTERM, a grace, SIGKILL
//	   ^            |           |
//	   |            v           v
//	   \---- after a wait --- died
//
// One that lives and cannot do its work is ended and started again, if it says that
// this may mend it, or is not alive, for long enough (Care). While NATS is not able
// the others are left alone: they wait for it.
//
// What it knows lies in a data directory that one supervisor at a time may use:
//
//	lock            held while a supervisor lives
//	endpoints.json  addresses and processes, for people and programs; there while ready
//	processes.json  who was started, by pid and time of start, and at which addresses
//	log-made.json   there once the log was made: from then on it is never made anew
//	keys/           who may do what in NATS: a key for each role, readable for nobody else
//	token           whoever has it may do everything by way of the api; readable for nobody else
//	announce/       where a process writes what addresses it got
//	logs/           one file per process
//
// When the supervisor is killed, the kernel kills its processes (Linux), and the
// next supervisor ends those that a record in processes.json proves to be of the
// former one. Containers are no processes of the supervisor: they go on.
package allinone
