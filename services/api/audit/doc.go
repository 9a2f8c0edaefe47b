// Package audit records who did what, in the audit stream, and reads it again. What is
// recorded is decided by package auditing; here it is carried out, behind the answers and
// never in their way.
//
// What waits to be appended is in a bounded queue in memory. Killed, the api loses what is
// in it, and what was joined within the last minute: as a rule that is what came in
// the last milliseconds, and all since an outage of NATS began. What finds no room in
// the queue, or has waited for LateMax, is dropped, counted, and told of by the next record
// that is stored. An append of which nobody knows whether it was stored is made again
// under the same id, by which readers know it.
//
// An installation of before has no such stream: the api works on without, says so, and
// looks again every OpenEvery.
package audit
