package job

import (
	"slices"
	"strings"
	"time"
)

// DefaultBeforeKillTimeout bounds a command before the kill that has no bound of its own.
const DefaultBeforeKillTimeout = Duration(10 * time.Second)

// BeforeKill is a command that is run in the container before it gets its signal.
type BeforeKill struct {
	// Command is a line for the shell.
	Command string `json:"command"`
	// Timeout is how long it may take; then it is killed, and the signal is given.
	Timeout Duration `json:"timeout,omitzero"`
}

// killSignals are those that may tell a task to end. SIGKILL is not among them: it
// comes when the grace is over.
func killSignals() []string {
	return []string{"SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGWINCH"}
}

// Grace is how long a task of the group may take to end once it is told to: the
// command before the signal, and what is after it.
func (g *Group) Grace() time.Duration {
	grace := time.Duration(g.KillGrace)
	if g.BeforeKill != nil {
		grace += time.Duration(g.BeforeKill.Timeout)
	}
	return grace
}

func (g *Group) normaliseKill() {
	g.KillGrace = orDefault(g.KillGrace, DefaultKillGrace)
	if s := strings.ToUpper(g.KillSignal); s != "" {
		if slices.Contains(killSignals(), "SIG"+s) {
			s = "SIG" + s
		}
		g.KillSignal = s
	}
	g.KillSelection = strings.ToLower(g.KillSelection)
	if g.BeforeKill != nil {
		g.BeforeKill.Timeout = orDefault(g.BeforeKill.Timeout, DefaultBeforeKillTimeout)
	}
}

// kill checks how tasks of a group end.
func (c *checker) kill(path string, g *Group, kind Kind) {
	c.duration(join(path, "kill_grace"), g.KillGrace, c.lim.KillGrace)
	if g.KillSignal != "" {
		c.killSignal(join(path, "kill_signal"), g)
	}
	if g.KillSelection != "" {
		at := join(path, "kill_selection")
		if c.oneOf(at, g.KillSelection, KillHighestSlot, KillNewest, KillOldest, KillUnhealthy) && kind != KindService {
			c.fault(at, "is for services; a batch goes by the index of its tasks, so remove it")
		}
	}
	if g.BeforeKill != nil {
		c.beforeKill(join(path, "before_kill"), g)
	}
}

func (c *checker) killSignal(at string, g *Group) {
	c.oneOf(at, g.KillSignal, killSignals()...)
	switch {
	case g.Container.ByMesos():
		c.fault(at, `is for Docker; the containerizer "mesos" always sends SIGTERM, so remove it`)
	case g.Container != nil && hasParameter(g.Container, "stop-signal"):
		c.fault(at, `is given as the parameter "stop-signal", too; remove one`)
	}
}

// beforeKill checks that the command can be run: taurus puts a shell around that of the
// container, which there must be, and which must get the signal alone.
func (c *checker) beforeKill(at string, g *Group) {
	b := g.BeforeKill
	if b.Command == "" {
		c.fault(join(at, "command"), "is missing; give the shell line to run in the container before the signal")
	}
	c.argument(join(at, "command"), b.Command)
	if len(b.Command) > c.lim.CommandBytes {
		c.fault(join(at, "command"), "is %d bytes; make it at most %d", len(b.Command), c.lim.CommandBytes)
	}
	c.duration(join(at, "timeout"), b.Timeout, c.lim.KillGrace)
	if sum := b.Timeout + g.KillGrace; b.Timeout > 0 && g.KillGrace > 0 && b.Timeout <= c.lim.KillGrace && sum > c.lim.KillGrace {
		c.fault(join(at, "timeout"), "makes it %s with kill_grace; make both together at most %s", sum, c.lim.KillGrace)
	}
	switch container := g.Container; {
	case container == nil:
	case container.ByMesos():
		c.fault(at, `is for Docker; the containerizer "mesos" signals all processes of a task at once, so remove it`)
	case hasParameter(container, "entrypoint"):
		c.fault(at, `needs the entrypoint of the container for itself; remove the parameter "entrypoint"`)
	case container.Command.Shell == "":
		c.fault(at, "is run by a shell around the command of the container; give that as one line for the shell")
	}
	if g.KillSignal == "SIGINT" || g.KillSignal == "SIGQUIT" {
		c.fault(at, "cannot be had with %s, which a shell keeps from what it runs beside itself; choose another kill_signal", g.KillSignal)
	}
}

func hasParameter(c *Container, key string) bool {
	return slices.ContainsFunc(c.Parameters, func(p Parameter) bool { return p.Key == key })
}
