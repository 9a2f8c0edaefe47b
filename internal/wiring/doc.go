// Package wiring puts the four services together: their settings, the log they
// are given, the Mesos they talk to. It is the one place where a role meets its
// adapters; another log, store or worker is put in place here.
//
// # What happens on failure
//
// NATS that is not there is waited for, for --start-timeout, and the process
// ends with service.ErrUnreachable then. What waiting does not mend (wrong
// credentials, a stream made with other settings) is a service.ErrUsage at
// once. Mesos is never waited for here: a launcher without a master runs, says
// so on /readyz, and goes on trying.
package wiring
