package restart_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/core/taskstate"
)

// pullMessage is what the docker containerizer says of a pull that failed with a text.
func pullMessage(stderr string) string {
	return "Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull hub.example/shop:7': " +
		"exited with status 1; stderr='Error response from daemon: " + stderr + "\n'"
}

const launchFailed = "REASON_CONTAINER_LAUNCH_FAILED"

// TestClass of ends as Mesos reports them.
func TestClass(t *testing.T) {
	exited := func(state taskstate.State, n int) restart.End {
		return restart.End{State: state, Message: "Container exited with status", Exit: new(n), Began: true}
	}
	with := func(e restart.End, change func(*restart.End)) restart.End {
		change(&e)
		return e
	}
	unbegun := func(e *restart.End) { e.Began = false }
	doomed := func(e *restart.End) { e.Doomed = true }
	sick := func(e *restart.End) { e.Unhealthy = true }
	reason := func(reason string) func(*restart.End) { return func(e *restart.End) { e.Reason = reason } }
	for name, c := range map[string]struct {
		end  restart.End
		want restart.Class
	}{
		"running":                    {restart.End{State: taskstate.Running, Unhealthy: true, Doomed: true, Reason: "REASON_AGENT_DRAINING"}, ""},
		"exit 0":                     {exited(taskstate.Finished, 0), restart.OK},
		"done while drained":         {with(exited(taskstate.Finished, 0), reason("REASON_AGENT_DRAINING")), restart.OK},
		"exit 3":                     {exited(taskstate.Failed, 3), restart.Exited},
		"exit 255":                   {exited(taskstate.Failed, 255), restart.Exited},
		"aborted":                    {exited(taskstate.Failed, 134), restart.Exited},
		"segmentation fault":         {exited(taskstate.Failed, 139), restart.Exited},
		"docker kill, or memory":     {exited(taskstate.Failed, 137), restart.Exited},
		"docker kill while sick":     {with(exited(taskstate.Failed, 137), sick), restart.Exited},
		"docker stop":                {exited(taskstate.Failed, 143), restart.Exited},
		"a shell's 127":              {exited(taskstate.Failed, 127), restart.Exited},
		"docker's 125":               {with(exited(taskstate.Failed, 125), unbegun), restart.StartFailed},
		"docker's 126":               {with(exited(taskstate.Failed, 126), unbegun), restart.StartFailed},
		"docker's 127":               {with(exited(taskstate.Failed, 127), unbegun), restart.StartFailed},
		"128 before it ran":          {with(exited(taskstate.Failed, 128), unbegun), restart.Exited},
		"a program that pulls":       {restart.End{State: taskstate.Failed, Exit: new(1), Began: true, Message: "Failed to run 'docker pull x': manifest unknown"}, restart.Exited},
		"a launch that pulls none":   {restart.End{State: taskstate.Failed, Reason: launchFailed, Message: "could not pull the volume"}, restart.StartFailed},
		"124 before it ran":          {with(exited(taskstate.Failed, 124), unbegun), restart.Exited},
		"out of memory":              {with(exited(taskstate.Failed, 137), reason("REASON_CONTAINER_LIMITATION_MEMORY")), restart.OutOfMemory},
		"memory of a child":          {with(exited(taskstate.Failed, 1), reason("REASON_CONTAINER_LIMITATION_MEMORY")), restart.OutOfMemory},
		"memory, then our kill":      {with(with(exited(taskstate.Killed, 137), reason("REASON_CONTAINER_LIMITATION_MEMORY")), doomed), restart.KilledByUs},
		"our kill":                   {with(exited(taskstate.Killed, 137), doomed), restart.KilledByUs},
		"our kill, obeyed":           {with(exited(taskstate.Killed, 0), doomed), restart.KilledByUs},
		"our kill of what is sick":   {with(with(exited(taskstate.Killed, 137), doomed), sick), restart.KilledByUs},
		"our kill, forced":           {restart.End{State: taskstate.Failed, Reason: "REASON_EXECUTOR_TERMINATED", Message: "Container killed", Doomed: true}, restart.KilledByUs},
		"our kill, told as failure":  {with(exited(taskstate.Failed, 137), doomed), restart.KilledByUs},
		"it failed before our kill":  {with(exited(taskstate.Failed, 3), doomed), restart.Exited},
		"over its time":              {with(with(exited(taskstate.Killed, 137), doomed), func(e *restart.End) { e.Doom = "time_limit" }), restart.TimeLimit},
		"moved from its agent":       {with(with(exited(taskstate.Killed, 143), doomed), func(e *restart.End) { e.Doom = "drained" }), restart.Drained},
		"scaled down":                {with(with(exited(taskstate.Killed, 143), doomed), func(e *restart.End) { e.Doom = "scaled_down" }), restart.KilledByUs},
		"killed by its health check": {with(exited(taskstate.Killed, 137), sick), restart.Unhealthy},
		"it obeyed its health check": {with(exited(taskstate.Killed, 0), sick), restart.Unhealthy},
		"killed by an operator":      {exited(taskstate.Killed, 137), restart.KilledOutside},
		"framework torn down":        {restart.End{State: taskstate.Killed, Reason: "REASON_FRAMEWORK_REMOVED"}, restart.KilledOutside},
		"preempted":                  {restart.End{State: taskstate.Failed, Reason: "REASON_CONTAINER_PREEMPTED"}, restart.KilledOutside},
		"Mesos' time limit":          {with(exited(taskstate.Failed, 137), reason("REASON_MAX_COMPLETION_TIME_REACHED")), restart.TimeLimit},
		"executor died":              {restart.End{State: taskstate.Failed, Reason: "REASON_EXECUTOR_TERMINATED", Message: "Container terminated", Began: true}, restart.Exited},
		"run options":                {restart.End{State: taskstate.Failed, Message: "Failed to create docker run options: Port mappings require port resources"}, restart.StartFailed},
		"URIs":                       {restart.End{State: taskstate.Failed, Reason: launchFailed, Message: "Failed to launch container: Failed to fetch all URIs for container '89dd5d8a': exited with status 1"}, restart.StartFailed},
		"slow pull":                  {restart.End{State: taskstate.Failed, Reason: launchFailed, Message: "Failed to launch container: discarded; Abnormal executor termination: unknown container"}, restart.StartFailed},
		"never registered":           {restart.End{State: taskstate.Failed, Reason: "REASON_EXECUTOR_REGISTRATION_TIMEOUT"}, restart.StartFailed},
		"agent drained":              {restart.End{State: taskstate.Killed, Reason: "REASON_AGENT_DRAINING"}, restart.Drained},
		"drained for good":           {restart.End{State: taskstate.GoneByOperator, Reason: "REASON_AGENT_DRAINING"}, restart.Drained},
		"agent gone":                 {restart.End{State: taskstate.Gone, Reason: "REASON_AGENT_REMOVED"}, restart.AgentLost},
		"agent restarted":            {restart.End{State: taskstate.Failed, Reason: "REASON_AGENT_RESTARTED"}, restart.AgentLost},
		"agent does not know it":     {restart.End{State: taskstate.Gone, Reason: "REASON_RECONCILIATION"}, restart.Unknown},
		"nobody knows it":            {restart.End{State: taskstate.Vanished, Reason: "REASON_RECONCILIATION"}, restart.Unknown},
		"lost":                       {restart.End{State: taskstate.Lost}, restart.AgentLost},
		"offer gone":                 {restart.End{State: taskstate.Dropped, Reason: "REASON_INVALID_OFFERS"}, restart.InvalidOffer},
		"refused by its agent":       {restart.End{State: taskstate.Dropped, Reason: "REASON_GC_ERROR"}, restart.Dropped},
		"invalid":                    {restart.End{State: taskstate.Error, Reason: "REASON_TASK_INVALID"}, restart.Refused},
		"withdrawn":                  {restart.End{State: taskstate.Withdrawn, Doomed: true}, restart.NeverLaunched},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.end.Class(); got != c.want {
				t.Errorf("%+v is %q, want %q", c.end, got, c.want)
			}
		})
	}
}

// TestPulls that fail: a registry that is away is nobody's fault, an image that is not
// there is the job's.
func TestPulls(t *testing.T) {
	for stderr, want := range map[string]restart.Class{
		// As Mesos 1.12 and dockerd 20.10 said.
		`Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused`:                                                         restart.RegistryDown,
		`Get "https://hub.example/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`: restart.RegistryDown,
		`Get "https://hub.example/v2/": context deadline exceeded`:                                                                                restart.RegistryDown,
		`Get "https://hub.example/v2/": net/http: TLS handshake timeout`:                                                                          restart.RegistryDown,
		`Get "https://hub.example/v2/": dial tcp: lookup hub.example on 10.0.0.2:53: read udp: i/o timeout`:                                       restart.RegistryDown,
		`Get "https://hub.example/v2/": dial tcp: lookup hub.example on 10.0.0.2:53: server misbehaving`:                                          restart.RegistryDown,
		`received unexpected HTTP status: 503 Service Unavailable`:                                                                                restart.RegistryDown,
		`toomanyrequests: You have reached your pull rate limit`:                                                                                  restart.RegistryDown,
		`Get "https://hub.example/v2/": EOF`:                                                                                                      restart.RegistryDown,
		`Get "https://hub.exampel/v2/": dial tcp: lookup hub.exampel on 10.0.0.2:53: no such host`:                                                restart.PullFailed,
		`manifest for hub.example/shop:7 not found: manifest unknown: manifest unknown`:                                                           restart.PullFailed,
		`pull access denied for shop, repository does not exist or may require 'docker login'`:                                                    restart.PullFailed,
		`unauthorized: authentication required`:                                                                                                   restart.PullFailed,
		`invalid reference format`:                                                                                                                restart.PullFailed,
		``:                                                                                                                                        restart.PullFailed,
	} {
		e := restart.End{State: taskstate.Failed, Reason: launchFailed, Message: pullMessage(stderr)}
		if got := e.Class(); got != want {
			t.Errorf("%q is %q, want %q", stderr, got, want)
		}
		if e.Blameless() != (want == restart.RegistryDown) {
			t.Errorf("%q: blameless %t", stderr, e.Blameless())
		}
	}
	for message, want := range map[string]restart.Class{ // The Mesos containerizer asks the registry itself.
		"Failed to launch container: Failed to perform 'curl': curl: (7) Failed to connect to hub.example port 443: Connection refused": restart.RegistryDown,
		"Failed to launch container: Unexpected HTTP response '404 Not Found' when trying to get the manifest":                          restart.PullFailed,
	} {
		if got := (restart.End{State: taskstate.Failed, Reason: launchFailed, Message: message}).Class(); got != want {
			t.Errorf("%q is %q, want %q", message, got, want)
		}
	}
}

// TestSignals are named by the exit status, or by the words of Mesos' executors.
func TestSignals(t *testing.T) {
	for n, want := range map[int]string{
		0: "", 1: "", 3: "", 125: "", 128: "", 129: "SIGHUP", 130: "SIGINT", 134: "SIGABRT", 135: "SIGBUS", 136: "SIGFPE",
		137: "SIGKILL", 139: "SIGSEGV", 141: "SIGPIPE", 143: "SIGTERM", 162: "signal 34", 192: "signal 64", 193: "", 255: "", -1: "",
	} {
		if got := (restart.End{State: taskstate.Failed, Exit: new(n)}).Signal(); got != want {
			t.Errorf("exit %d is %q, want %q", n, got, want)
		}
	}
	for message, want := range map[string]string{
		"Command terminated with signal Terminated":                       "SIGTERM",
		"Container terminated with signal Killed":                         "SIGKILL",
		"Command terminated with signal Segmentation fault (core dumped)": "SIGSEGV",
		"Command terminated with signal Aborted":                          "SIGABRT",
		"Command terminated with signal Unheard of":                       "",
		"Command terminated":                                              "",
		"":                                                                "",
	} {
		if got := (restart.End{State: taskstate.Failed, Message: message}).Signal(); got != want {
			t.Errorf("%q is %q, want %q", message, got, want)
		}
	}
}

// TestEveryEndHasAClass that is one of the list, what has not ended has none, and a kill
// of our own is never called anything that blames the task's memory or its health.
func TestEveryEndHasAClass(t *testing.T) {
	reasons := slices.Concat(blaming(), blameless(), []string{launchFailed, "REASON_EXECUTOR_TERMINATED", "REASON_MAX_COMPLETION_TIME_REACHED"})
	rapid.Check(t, func(t *rapid.T) {
		e := restart.End{
			State:     taskstate.State(rapid.Uint8Range(0, uint8(taskstate.Withdrawn)).Draw(t, "state")),
			Reason:    rapid.SampledFrom(reasons).Draw(t, "reason"),
			Message:   rapid.SampledFrom([]string{"", "Container exited with status 137", pullMessage("EOF"), "Container terminated with signal Killed"}).Draw(t, "message"),
			Began:     rapid.Bool().Draw(t, "began"),
			Unhealthy: rapid.Bool().Draw(t, "unhealthy"),
			Doomed:    rapid.Bool().Draw(t, "doomed"),
		}
		if rapid.Bool().Draw(t, "exited") {
			e.Exit = new(rapid.IntRange(-1, 300).Draw(t, "exit"))
		}
		class := e.Class()
		if known := slices.Contains(restart.Classes(), class); known != e.State.Terminal() || !known && class != "" {
			t.Fatalf("%+v is %q", e, class)
		}
		if e.State == taskstate.Killed && e.Doomed && (class == restart.OutOfMemory || class == restart.Unhealthy || class == restart.Exited) {
			t.Fatalf("%+v is %q", e, class)
		}
		if e.Failed() && class.Blameless() {
			t.Fatalf("%+v is %q, which blames nobody, and failed", e, class)
		}
	})
}

// TestClassesAreWords: each once, fit for a metric and a JSON string.
func TestClassesAreWords(t *testing.T) {
	seen := map[restart.Class]bool{}
	for _, c := range restart.Classes() {
		if seen[c] || c == "" || strings.Trim(string(c), "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%q", c)
		}
		seen[c] = true
	}
}
