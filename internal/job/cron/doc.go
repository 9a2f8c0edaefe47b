// Package cron says when a schedule is due: lines of cron, read by the clock on the
// wall of a time zone, give instants.
//
//	lines, zone --Parse--> Schedule --Next(after)--> the first instant after it
//
// A line is five fields, minute hour day month weekday, with seconds as a sixth before
// them, or @hourly, @daily, @weekly, @monthly, @yearly. A day is meant if its day of the
// month and its weekday are; where neither is *, if either is, as cron has always had
// it. Several lines are due when any of them is, each instant once.
//
// The calendar is that of github.com/netresearch/go-cron, which is only ever asked
// about UTC, where no clock is ever put forward or back. What a zone does to its clocks
// is decided here, for a line that names every hour and for all others:
//
//	the clock      a time of the wall       a line of every hour    any other line
//	is put
//	forward        does not exist           is left out             is due when the clock
//	                                                                is put forward, once
//	back           exists twice             is due both times       is due the first time
//
// So what runs every ten minutes goes on every ten minutes, and what runs at 02:30 runs
// once a day, on each day, however long the change is: half an hour on Lord Howe Island,
// a whole day on Samoa in 2011.
//
// The time zones are in the package, those of Go's own copy of the IANA database, and
// never those of the machine: all programs of one version give the same answer. It
// reads no clock and does no I/O.
package cron
