// Package sim runs planners, launchers and reapers as they are, with users'
// commands decided as the api decides them, on a log in memory and a model of
// Mesos, in fake time and under faults drawn from a seed: lost and delayed
// calls, cut connections, answers of the log that never arrive, partitioned
// agents, services killed at any moment.
//
// While it runs, every launch is checked: no task id is ever used twice, and no
// slot has two tasks alive. When the faults stop, what Mesos runs must become
// what the jobs want, and the log must say so. A failing run prints its seed and
// the command that repeats it, and leaves what the services logged.
//
// Fake time is testing/synctest's. Goroutines still interleave as they like, so
// a seed repeats the faults, not every interleaving.
package sim
