// Package sealing decides when the log is sealed: an event that says what the hash
// of all records so far is (events.LogSealed, package chain), so that whoever folds the
// log later can tell that it is the same.
//
//	records folded -----> 1,000 unsealed, or one of them a minute old
//	                                   |  Append, on the condition that nobody
//	                                   v  has sealed since
//	                              [in flight] --conflict, trouble--> wait, again
//	                                   |
//	a seal folded, whoever's <---------'
//
// Seals do not count as records that are to be sealed, so a log in which nothing
// happens is sealed once and then left alone.
//
// Every planner runs one beside its machine (Beside). They contend by the
// expectation on the seals' subject; all would write the same.
package sealing
