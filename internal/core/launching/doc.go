// Package launching holds the launcher's decisions: what a status from Mesos
// means for the log, which tasks must be resolved, and what a task is called.
//
// ACCEPT is the one effect that is never repeated and never completed later. A
// staged task of which Mesos says nothing is therefore resolved: its offers are
// declined first, so that a straying ACCEPT comes to nothing, and only then is
// Mesos asked about it, on the same connection. Only a negative answer to that
// question ends the attempt.
package launching
