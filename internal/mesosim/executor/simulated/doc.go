// Package simulated plays tasks by timers: it starts nothing, so hundreds of
// thousands of tasks cost a timer each and no goroutine, and a test in a
// testing/synctest bubble plays a day in a moment.
//
// A task lives as its labels say (sim.start_delay, sim.run_for, sim.exit_code,
// sim.kill_delay, sim.ignore_term, sim.fail), else as its command says where
// that is simple (sleep N, exit N, true, false, echo, joined by ; or &&), else
// as the Options say. What is not understood runs until it is killed.
//
// A simulated task lives in its agent's process, so after that process' death
// Recover plays on from Task.Started: what ought to have ended meanwhile ends at
// once. A kill that had not been seen as TASK_KILLING is forgotten; the master
// sends it again.
package simulated
