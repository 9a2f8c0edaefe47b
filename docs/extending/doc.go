// Package extending holds the examples of docs/extending.md, compiled and run by
// go test. They use what is published only: the modules under pkg, and the
// services as packages. internal/release runs them outside of this repository too.
package extending
