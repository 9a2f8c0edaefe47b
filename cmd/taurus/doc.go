// Command taurus is the command line of taurus: a whole taurus on one machine,
// jobs, and what happened; see package cli.
package main
