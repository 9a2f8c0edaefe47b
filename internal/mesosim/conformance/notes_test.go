package conformance_test

import (
	"strings"
)

// note does to the cluster what the driver did, through its hooks, to the
// recorded one: within this process, a server that is killed breaks off its
// connections and leaves its state as it is. Notes of measured times ask for
// nothing here.
func (r *replay) note(l *line) {
	r.t.Helper()
	hook, ok := strings.CutPrefix(l.Note, "hook: ")
	if !ok {
		return
	}
	words := strings.Fields(hook)
	name, args := words[1], words[2:]
	switch words[0] {
	case "start-master":
		r.cluster.startMaster(args)
	case "restart-master":
		r.cluster.restartMaster()
	case "start-agent":
		r.cluster.startAgent(name, r.kind)
	case "kill-agent":
		r.cluster.kill(name)
	case "restart-agent":
		r.cluster.restart(name)
	case "unregister-agent":
		r.cluster.unregister(name)
	case "pause-agent":
		r.cluster.link.shut()
	case "resume-agent":
		r.cluster.link.open()
		r.cluster.awaitAgent(r.cluster.agents[name])
	default:
		r.t.Fatalf("%s: the replay has no such hook", l)
	}
}
