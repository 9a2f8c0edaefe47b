// Package testwait is how tests wait, in real time, for what other goroutines,
// processes and machines do: until a condition holds, and with one bound that is
// so long that only a test that fails ever meets it. A machine that is busy with
// other things makes such a test slow, and never wrong.
//
// What does not hold once a fixed time has passed has no place here: a test of
// times runs on the clock of testing/synctest.
package testwait
