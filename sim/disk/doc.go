// Package disk damages the files of a NATS server's store, as disks and people do: a
// bit flips, an end is cut off, a file is gone, emptied, or another one's.
//
// Its test does so to copies of the store of a real log, a seed each, starts a server
// on what is left and folds it as a service does, with the mark of one that had folded
// all of it. Each ends with the whole log or with a refusal that has a name; that a
// service goes on with less than there was, or waits without a word, is the failure.
//
//	go test ./sim/disk -seeds=300
//	go test ./sim/disk -seed=17 -v
package disk
