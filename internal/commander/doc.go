// Package commander carries out users' commands: it is the shell of
// [commanding.Machine], which decides. Whoever writes for users (the api, later
// schedules) writes through it.
//
//	Do --ticket--> loop: Machine --Append--> log --> fold
//	   <--answer--                  <--------Folded---'
//
// The machine runs on the loop that folds the state it decides on, so that the
// state is read by the loop's goroutine alone, and an answer is given only once
// it can be read.
//
// # What happens on failure
//
// Whoever waits is answered, whatever happens: with the truth as far as it is
// known. A caller whose context ends is told so, or eventlog.ErrOutcomeUnknown if
// something may be stored. When Run ends all are told eventlog.ErrStopped in the
// same way, and so is who comes later.
package commander
