// Package process runs plain commands on the agent's host, as Mesos' command
// executor does (mesos-v1, section 4.3): the command in a session of its own, its
// output straight into the sandbox' stdout and stderr.
//
// A command's parent is a small shell script, not the agent, so that neither the
// command nor its exit status is lost with the agent. In the run's folder the
// script claims the run (a hard link, so exactly one script ever gets it), and
// at the end leaves the exit status, a line that counts once it is whole. An agent that
// died between starting the script and noting it starts another one, which finds
// the run claimed and does nothing. The claim holds the script's line of
// /proc/<pid>/stat and the boot id, so a pid in use again is not taken for it.
//
// A kill goes to every process of the session except the script: SIGTERM until a
// program has got it, which is once but for the moment in which the command begins,
// SIGKILL after the grace. The script also shrugs off signals meant for its
// group. If the script itself is killed, the status is lost, and the task fails
// as Mesos' do when an executor is gone.
//
// A shell knows a signal only as the status 128+n; a command that exits with
// such a number by itself is reported as terminated by that signal. Commands run
// as the agent's user: CommandInfo.user is not used, as with --no-switch_user.
package process
