// Package lifecycle leads a task from launch to its terminal state, the same way
// for containers and for plain processes (mesos-v1, sections 4.2 to 4.4):
// TASK_STARTING, TASK_RUNNING, results of health checks, TASK_KILLING, the end.
// What a workload is and how it is started, found again and stopped is a Driver's
// matter.
//
//	Prepare -> TASK_STARTING -> Start -> TASK_RUNNING -> watch -> the end
//	   |                          |                      ^   |
//	   v                          v                      \---/  health: TASK_RUNNING again
//	TASK_FAILED, or            TASK_FAILED                      a kill: a mark on disk, TASK_KILLING, Stop
//	killed early
//
// Launch goes in on the left. Recover looks for the workload and goes in behind the
// state that was sent last; if it finds one it leaves out Prepare and Start, and if
// it finds none of a task that ran, the task has failed.
//
// The order of things makes it safe to kill the agent at any instruction:
//
//   - A Driver starts a workload under a name made of the container id alone, and
//     looks for that name first. So launching again is finding again.
//   - That a run is to be killed, and why, is on disk before anything is done
//     about it. So a run that was being killed ends as TASK_KILLED although the
//     agent died in between, and Recover goes on with the kill.
//   - What is left of a workload is removed only after its terminal state is on
//     disk (Sink has returned). So no exit status is lost.
//
// Each run has a goroutine, which alone calls the sink; Launch, Kill and Recover
// never do, and none of them waits for it.
package lifecycle
