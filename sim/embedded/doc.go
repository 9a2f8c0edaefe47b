// Package embedded runs planners, launchers and reapers as the services they are,
// on a log in memory and the embedded Mesos with taurus' own client: all of taurus
// but its sockets and its disk, in the fake time of testing/synctest and under
// faults drawn from a seed.
//
// Package sim tries far more of what may happen, on the machines alone and so that
// a seed repeats every step. This one tries what is around the machines: the
// shells that carry their effects out, the client, the protocol. Goroutines
// interleave as they like, so a seed repeats the faults, not every interleaving.
//
// While it runs, every launch is checked: no task id is ever used twice, and no
// slot has two tasks alive. When the faults stop, what Mesos runs must become what
// the jobs want, and the log must say so.
package embedded
