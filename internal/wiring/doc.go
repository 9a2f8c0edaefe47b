// Package wiring turns settings into what services are given: the log, and the
// Mesos they talk to. It is the one place that knows which log that is; another
// one is put in place here. What a role makes of it, and its own settings, is in
// the command package beside the service.
//
// # What happens on failure
//
// NATS that is not there is waited for, for --start-timeout, and the process
// ends with service.ErrUnreachable then. What waiting does not mend (wrong
// credentials, a stream made with other settings) is a service.ErrUsage at
// once. Mesos is never waited for here: a launcher without a master runs, says
// so on /readyz, and goes on trying.
package wiring
