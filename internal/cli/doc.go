// Package cli is the command line of taurus: what users do with jobs, and the
// whole of taurus on one machine. It talks to nothing but the HTTP API, so it
// shows what any client can see.
//
// Results go to standard output, everything about them to standard error. Exit
// statuses are those of Exit; docs/cli.md lists every command.
package cli
