package restart

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Setting is what is known of a task besides its end, for telling of it.
type Setting struct {
	// Memory is what it asked for, in MB; 0 if that is not known.
	Memory float64
	// Check is its health check in words ("http 8080 /health"), empty if it has none,
	// and ChecksFailed how often in a row that has failed; 0 if nobody counted.
	Check        string
	ChecksFailed uint32
	// Doom is why it was to end.
	Doom string
}

// Words tell what became of a task and why, as far as that is known: what follows
// "attempt 1", as in "failed: exit 3" and "was killed: its health check failed 2 times in
// a row". They are empty for one that has not ended.
func (e End) Words(s Setting) string {
	said := e.said()
	switch e.Class() {
	case OK:
		return "finished"
	case Exited:
		return "failed" + because(e.exited(s)) + because(said)
	case KilledByUs:
		return "was killed" + because(s.Doom)
	case KilledOutside:
		return "was killed, and not by taurus" + because(said)
	case Unhealthy:
		return "was killed: " + s.Unhealthy()
	case OutOfMemory:
		if strings.HasPrefix(said, "killed by the kernel") {
			return "was " + said // As the embedded Mesos has it.
		}
		return "ran out of memory" + because(said)
	case TimeLimit:
		return "was killed: " + cmp.Or(s.Doom, "it ran for longer than it may")
	case StartFailed:
		return "was not started" + because(e.notStartedWhy()) + because(said)
	case PullFailed:
		return "got no image" + because(said)
	case RegistryDown:
		return "got no image, as its registry did not answer" + because(said)
	case AgentLost:
		return "was lost with its agent" + because(said)
	case Drained:
		return "was moved: its agent is drained" + because(said)
	case InvalidOffer:
		return "was not launched: its offer was gone" + because(said)
	case Dropped:
		return "was not launched" + because(said)
	case Unknown:
		return "is unknown to Mesos" + because(said)
	case Refused:
		return "was refused" + because(said)
	case NeverLaunched:
		return "was never launched" + because(said)
	}
	return ""
}

// Unhealthy says what a health check has found, of one that failed.
func (s Setting) Unhealthy() string {
	text := "its health check failed"
	if s.ChecksFailed > 0 {
		text += " " + times(s.ChecksFailed)
	}
	if s.ChecksFailed > 1 {
		text += " in a row"
	}
	if s.Check != "" {
		text += " (" + s.Check + ")"
	}
	return text
}

// exited tells of the exit status what it is known to mean.
func (e End) exited(s Setting) string {
	signal := e.Signal()
	if e.Exit == nil {
		return signal
	}
	text := "exit " + strconv.Itoa(*e.Exit)
	if means := e.means(signal, s); means != "" {
		text += " (" + means + ")"
	}
	return text
}

func (e End) means(signal string, s Setting) string {
	switch {
	case signal == "SIGKILL" && s.Memory > 0:
		return fmt.Sprintf("%s; often out of memory, %s MB asked for", signal, strconv.FormatFloat(s.Memory, 'f', -1, 64))
	case signal == "SIGKILL":
		return signal + "; often out of memory"
	case signal != "":
		return signal
	case *e.Exit == exitNoInvoke:
		return "its program cannot be run"
	case *e.Exit == exitNotFound:
		return "its program is not there"
	}
	return ""
}

func (e End) notStartedWhy() string {
	if e.Exit == nil {
		return ""
	}
	switch *e.Exit {
	case exitDocker:
		return "exit 125 (docker could not start it)"
	case exitNoInvoke, exitNotFound:
		return e.exited(Setting{})
	}
	return ""
}

// said is what Mesos said, in one line, beyond what the class and the exit status tell.
func (e End) said() string {
	text := Unwrapped(Beyond(e.Message, e.Exit))
	if e.Exit == nil && e.Signal() != "" {
		text = "" // Said in other words.
	}
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	text = strings.TrimSuffix(text, ".")
	if text == "" && e.Exit == nil && e.Signal() == "" && e.Reason != "" {
		text = strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(e.Reason, "REASON_"), "_", " "))
	}
	return text
}

func because(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

func times(n uint32) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
