// Package pause waits for a while, but no longer than its caller may.
package pause
