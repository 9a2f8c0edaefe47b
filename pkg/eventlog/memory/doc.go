// Package memory is the log in the memory of one process, for tests and for
// trying things out: it has the semantics of the JetStream log and forgets
// everything at its end. It never becomes unavailable by itself; WithFault lets
// tests decide how an append fails.
package memory
