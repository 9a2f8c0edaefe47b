// Package extending holds the examples of docs/extending.md, compiled and run by
// go test. They use what is published only: pkg/events and pkg/eventlog.
package extending
