// Package foresight tells what would happen: the machines of planner, launcher and
// reaper run on a copy of the folded state, and on agents as they offered last, until
// there is nothing more to do.
//
// Mesos is as it is on a good day: offers come at once, a task that is launched runs, is
// healthy, and runs on; one that is killed ends. What the machines then decide is what
// they would decide, since they are the very same. Time is made up and runs as fast as
// it can be computed, so a wait of five minutes is told as such and takes none.
package foresight
