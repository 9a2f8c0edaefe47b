// Package service is the one skeleton of the four services: settings, logs,
// health, metrics, start and stop. What a role does is a [Runner]; how it comes
// to its log and its Mesos is for the command packages of the services.
//
//	settings -> log -> admin server -> build -> run, announce -> stop -> clean up
//	                   (/healthz,      within    |               within --stop-timeout
//	                    /readyz)  --start-timeout\-> a fault, or the end by itself
//
// # Settings
//
// A setting has one name. It is given as a flag, in the environment (TAURUS_ and
// the flag in capitals with underscores) or in a file (--config, YAML or JSON);
// the first of these that has it counts, then the default. A key of the file
// that no setting has is an error, and so is a value that cannot be read: a
// service that misunderstood its settings does not start. The error names the
// setting, its value, where that came from, and how to mend it.
//
// # What happens on failure
//
// A process that cannot do its work yet lives and says why on /readyz; one that
// never will ends, with an exit status that tells settings (2) from a NATS that
// was not there in time (3) and from a fault (1). SIGINT and SIGTERM stop it in
// good order within a bound, a second signal at once. Nothing depends on the
// good order: the log is the only truth, and kill -9 loses nothing of it.
package service
