// Package agent is mesosim's agent: it takes tasks from the master, has them run
// by executors, and sends what becomes of them until it is acknowledged
// (mesos-v1, sections 4 and 5.3).
//
//	run --> record --> executor --> a state --> record --> update --> acknowledged
//	       (on disk)                           (on disk)   ^    |         |
//	                                                       \----/         v
//	                                               again and again    the next update,
//	                                                                  or the record goes
//
// A task is a record in a file of its own under <work_dir>/meta, written before
// the task is started and before any state of it is sent. So an agent that is
// killed at any instruction and started again with the same work_dir has the
// same id, finds its tasks running, and still sends what was not acknowledged.
// Sandboxes lie where Mesos has them,
// <work_dir>/slaves/<agent>/frameworks/<framework>/executors/<executor>/runs/<container>.
//
// When the link to the master breaks, tasks go on; the agent connects again with
// a back-off of at most two seconds. With several masters it follows their election
// and connects to the leader.
package agent
