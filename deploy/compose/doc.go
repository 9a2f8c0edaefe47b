// Package compose holds no code: it is where the compose files are, and the test
// that holds them to the commands they call.
package compose
