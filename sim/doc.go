// Package sim runs a world.World under faults that a seed draws: which of the
// steps that may come next comes next, what befalls the messages under way, what
// users, operators and the machine room do. When the faults are over, what Mesos
// runs must soon become what the jobs want, and the log must say so.
//
// There is one goroutine and one source of random numbers: the same seed gives
// the same steps and the same log, byte for byte.
package sim
