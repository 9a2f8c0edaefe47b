package restart_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/core/taskstate"
)

// TestWords of every kind of end, as they follow "attempt 1".
func TestWords(t *testing.T) {
	setting := restart.Setting{Memory: 16, Check: "tcp 80", ChecksFailed: 3, Doom: "scaled down"}
	for want, e := range map[string]restart.End{
		"":                                           {State: taskstate.Running},
		"finished":                                   {State: taskstate.Finished, Exit: new(0), Message: "Container exited with status 0"},
		"failed: exit 3: boom":                       {State: taskstate.Failed, Exit: new(3), Message: "boom"},
		"failed: exit 3":                             {State: taskstate.Failed, Exit: new(3), Message: "Command exited with status 3"},
		"failed: SIGSEGV":                            {State: taskstate.Failed, Message: "Command terminated with signal Segmentation fault (core dumped)"},
		"failed: executor terminated":                {State: taskstate.Failed, Reason: "REASON_EXECUTOR_TERMINATED"},
		"failed: Container terminated":               {State: taskstate.Failed, Reason: "REASON_EXECUTOR_TERMINATED", Message: "Container terminated", Began: true},
		"was killed: scaled down":                    {State: taskstate.Killed, Doomed: true, Exit: new(137), Message: "Container exited with status 137"},
		"was killed, and not by taurus":              {State: taskstate.Killed, Exit: new(143), Message: "Container exited with status 143"},
		"was moved: its agent is drained":            {State: taskstate.Killed, Doomed: true, Doom: "drained"},
		"was lost with its agent: agent removed":     {State: taskstate.Gone, Reason: "REASON_AGENT_REMOVED"},
		"was refused: no such port":                  {State: taskstate.Error, Message: "no such port"},
		"was never launched: launch came to nothing": {State: taskstate.Withdrawn, Message: "launch came to nothing"},
		"is unknown to Mesos: reconciliation":        {State: taskstate.Vanished, Reason: "REASON_RECONCILIATION"},
		"was killed: its health check failed 3 times in a row (tcp 80)": {State: taskstate.Killed, Unhealthy: true},
		"was not started: exit 125 (docker could not start it): docker: Error response from daemon: port is already allocated": {
			State: taskstate.Failed, Exit: new(125), Message: "Container exited with status 125: docker: Error response from daemon: port is already allocated.",
		},
		"failed: exit 137 (SIGKILL; often out of memory, 16 MB asked for)": {State: taskstate.Failed, Exit: new(137), Message: "Container exited with status 137", Began: true},
		"was killed by the kernel: out of memory, limit 32 MB": {
			State: taskstate.Failed, Exit: new(137), Reason: "REASON_CONTAINER_LIMITATION_MEMORY",
			Message: "Container exited with status 137: killed by the kernel: out of memory, limit 32 MB",
		},
		"was not started: exit 127 (its program is not there)": {State: taskstate.Failed, Exit: new(127), Message: "Container exited with status 127"},
		"got no image: docker pull hub.example/shop:7 failed: manifest unknown": {
			State: taskstate.Failed, Reason: launchFailed, Message: pullMessage("manifest unknown"),
		},
		"got no image, as its registry did not answer: docker pull hub.example/shop:7 failed: dial tcp 127.0.0.1:1: connect: connection refused": {
			State: taskstate.Failed, Reason: launchFailed, Message: pullMessage("dial tcp 127.0.0.1:1: connect: connection refused"),
		},
		"ran out of memory: Memory limit exceeded: Requested: 32MB Maximum Used: 32MB": {
			State: taskstate.Failed, Reason: "REASON_CONTAINER_LIMITATION_MEMORY",
			Message: "Memory limit exceeded: Requested: 32MB Maximum Used: 32MB\n\nMEMORY STATISTICS:\ncache 0",
		},
	} {
		if got := e.Words(setting); got != want {
			t.Errorf("%+v:\n%q, want\n%q", e, got, want)
		}
	}
}

// TestTimeLimits are told as the planner put them, or as Mesos' own.
func TestTimeLimits(t *testing.T) {
	e := restart.End{State: taskstate.Killed, Doomed: true, Doom: "time_limit"}
	if got := e.Words(restart.Setting{Doom: "ran longer than its time limit of 5m"}); got != "was killed: ran longer than its time limit of 5m" {
		t.Error(got)
	}
	e = restart.End{State: taskstate.Failed, Reason: "REASON_MAX_COMPLETION_TIME_REACHED"}
	if got := e.Words(restart.Setting{}); got != "was killed: it ran for longer than it may" {
		t.Error(got)
	}
}

// TestOurKillsAreNeverMemory: whatever the status, "memory" is not said of them.
func TestOurKillsAreNeverMemory(t *testing.T) {
	for _, state := range []taskstate.State{taskstate.Killed, taskstate.Failed} {
		for _, code := range []int{0, 1, 137, 143} {
			e := restart.End{State: state, Exit: new(code), Doomed: true, Began: true}
			if words := e.Words(restart.Setting{Memory: 16}); strings.Contains(words, "memory") {
				t.Errorf("%s, exit %d: %q", state, code, words)
			}
		}
	}
}
