// Package api is the service that users talk to over HTTP.
//
// It validates, decides, appends, and answers once what it appended is folded;
// reads come from its own projection of the log. Any number of instances may
// run at once: an append is conditional on the job's subject, so of two that
// submit one id at once exactly one succeeds.
//
// Three sets of routes: those of the original taurus, bare and under /v1,
// unchanged for its clients; /v2, with problem details, paging, time travel and
// a feed of events; and a page at / that shows it all. /v2/openapi.json
// describes them.
//
// # What happens on failure
//
// While the log cannot be reached reads go on from memory and writes answer
// 503. When the answer of an append is lost the service waits until the log
// shows what became of it. A service that was killed forgets nothing: all it
// knows is a fold of the log. A log with a gap, or with an event that must not
// be skipped, ends Run with an error.
package api
