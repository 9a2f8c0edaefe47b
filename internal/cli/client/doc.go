// Package client is a thin typed client of taurus' HTTP API, as the command
// line needs it: one method per route, no retries, no cache.
//
// Every failure is one of three: Problem is what the API answered (RFC 9457),
// Unreachable that it could not be asked at all, and anything else is an answer
// that made no sense.
package client
