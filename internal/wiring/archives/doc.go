// Package archives turns settings into the archive of a log: the one place that knows
// which stores there are. It is apart from package wiring so that only the programs that
// read or write an archive carry the client of a store.
package archives
