// Package api is the service that users talk to over HTTP.
//
// It validates, has commands carried out, and answers once what was appended is
// folded; reads come from its own projection of the log. Any number of instances may
// run at once: an append is conditional on the job's subject, so of two that
// submit one id at once exactly one succeeds.
//
// This package only puts together what has a package each:
//
//	web                what any request passes through, and what an error is
//	 |                 answered with
//	page  v2  legacy   the dialects: routes, shapes, how an error is said
//	       |    |
//	reader, commander  the folded state, now or at a time; users' commands
//	                   (internal/commander)
//
// A dialect knows no other; another is a folder, and a line in dialects.go.
//
// # What greedy clients cost
//
// A client is given no more than a buffer ahead: answers are encoded as they are taken,
// feeds read on when their client has what they read before, and old events are read over
// a connection to the log of their own ([Options].ReadLog). How many connections,
// requests and feeds there may be, of one client and in all, is bounded where they come in:
//
//	connection -> connections (here): the idle give way, the rest are refused
//	request    -> web: by what it may cost; stops have room of their own
//	feed       -> web: how many; v2: what they hold
//
// # What happens on failure
//
// While the log cannot be reached reads go on from memory and writes answer
// 503. When the answer of an append is lost the service waits until the log
// shows what became of it. A service that was killed forgets nothing: all it
// knows is a fold of the log. A log with a gap, or with an event that must not
// be skipped, ends Run with an error.
package api
