// Package rehearsing tells the decisions of a rehearsal to another build, a line of JSON
// each, and reads them.
package rehearsing
