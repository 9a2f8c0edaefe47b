// Package chain links the records of a log, so that whoever folds them can tell
// that they are those that others folded, all of them and in their order.
//
//	H(0) = zero
//	H(n) = SHA-256(H(n-1), n, time of n, sum of n)      sum: events.Sum
//
// The planner writes H of some sequence into the log now and then: a seal
// ([events.LogSealed]). A [Verifier] is given every record and compares. What
// changed any byte of a record, its time, its place, or left one out, gives another
// hash at the next seal; to change the seals along takes whoever may write the
// whole log anew, which the hash of any seal that was kept elsewhere shows.
//
// Where records are lost and an operator has accepted that, the hash cannot be
// known any more. It is taken from the next seal as given, and the chain goes on
// from there.
package chain
