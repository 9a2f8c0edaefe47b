// Package fault makes an embedded Mesos go wrong on purpose: calls that are
// delayed, overtaken, lost before or after their effect, or never answered;
// events that come late, twice or not at all; agents that are killed, cut off or
// slow.
//
// Switches hold rules. Wrap puts them around a master's endpoints, Await into a
// link to an agent that is no HTTP, and Handler lets them be set over HTTP at
// Path, which a master serves only when it is told to (--faults):
//
//	GET    /mesosim/faults       the rules, with how often each has struck
//	POST   /mesosim/faults       one rule as JSON; the answer is it with its id
//	DELETE /mesosim/faults       all rules go
//	DELETE /mesosim/faults/<id>  one goes
//
// For example, the next ACCEPT is overtaken by a KILL on another connection:
//
//	{"call":"ACCEPT","action":"reorder","after":"KILL","times":1}
//
// A lost call breaks its connection, as a network does; nothing else fails with
// it. Rules are kept in memory only: a master that is started again has none.
package fault
