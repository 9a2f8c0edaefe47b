// Package exportfile is the log as a file: all records, one a line, as JSON, so that
// it can be kept elsewhere, read by any program, verified, and put back.
//
//	{"taurus_log":1,"stream":"TAURUS","partitions":64,"from":1}
//	{"sequence":1,"time":"...","subject":"...","headers":{...},"data":{...}}
//	{"lost":{"from":2,"to":4}}
//	...
//	{"end":{"last":80,"records":77,"sum":"..."}}
//
// docs/events.md (An export of the log) is the reference. Every byte of a record
// survives: what JSON cannot hold is there as base64, under a name that ends so.
// The last line sums up the file; one that has none was not finished, and Resume
// goes on with it.
//
// Records of a log that are missing are told as lost, and what follows them is
// still there: a file of a log that is damaged holds all that can be read of it.
package exportfile
