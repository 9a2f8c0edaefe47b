// Package examine reads a whole log, or an export of one, and says whether it is the
// log that it was: what is missing, what was changed, what its seals say, and
// whether the marks of services, and a seal that was noted elsewhere, fit.
//
// Unlike a fold it goes on behind what is wrong, so that all of it is told at once.
// It changes nothing. Each problem comes with the ways out, as commands.
package examine
