package conformance_test

import (
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
)

// environment is what a check runs in.
type environment int

const (
	masterAlone environment = iota // also for an agent's check that needs none
	cell                           // a master with one agent
	ownCluster                     // the notes start it
)

// check says how a transcript is replayed.
type check struct {
	env   environment
	agent agent.Kind
	// offers says why the offers after the first of a stream are not compared
	// one by one; empty: they are.
	offers string
	// noOffers: an offer that is not recorded fails the check.
	noOffers bool
	// retry: SUBSCRIBE is answered otherwise while the master recovers.
	retry bool
	// quiet is how long nothing may come after the last line.
	quiet time.Duration
	// late are the types of events that come after the record's end.
	late []string
	// open are the paths of what need only be there, with the reason.
	open map[string]string
	// rewrite replaces texts of the record by what they are here.
	rewrite []string
	// until is the number of the last line that is replayed; the reason is in
	// cut. Zero: all are.
	until int
	cut   string
	// after observes what the driver did beside the transcript.
	after func(*replay)
}

// trim leaves the lines to replay: none after until, and of a SUBSCRIBE that is
// tried again only the last attempt.
func (c check) trim(lines []line) []line {
	var out []line
	for i, l := range lines {
		if c.until > 0 && l.number > c.until {
			break
		}
		if c.retry && l.is("SUBSCRIBE") && refusedAt(lines, i) || c.retry && l.Dir == dirResponse && recovering(l.Status) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// recovering is the status of a master that is not ready.
func recovering(status int) bool { return status == 404 || status == 503 }

// refusedAt reports whether the call at i was answered by a master that recovers.
func refusedAt(lines []line, i int) bool {
	for _, l := range lines[i+1:] {
		if l.Who == lines[i].Who && l.Dir == dirResponse {
			return recovering(l.Status)
		}
	}
	return false
}

// allocation is why offers are not compared one by one: how much is in each and
// how many there are depends on where the end of a task falls between two runs
// of the allocator, once per second.
const allocation = "the allocator's interval against the ends of tasks"

const second = time.Second

// checks has every transcript; TestRecordedExchanges fails for one that is
// missing here.
func checks() map[int]check {
	return map[int]check{
		1: {}, 3: {}, 4: {}, 6: {}, 7: {}, 9: {}, 10: {}, 12: {}, 13: {}, 15: {}, 16: {}, 19: {after: encoding}, 21: {}, 22: {},
		18: {
			until: 6, cut: "the redirects of a standby need two masters that elect one through ZooKeeper; " +
				"those of the leader are replayed",
		},
		24: {}, 25: {}, 27: {}, 28: {}, 30: {}, 82: {}, 88: {after: endpoints},
		31: {env: cell, agent: agent.Process},
		33: {env: cell, agent: agent.Process, quiet: 2 * second, noOffers: true},
		34: {env: cell, agent: agent.Process, noOffers: true},
		36: {},
		37: {env: cell, agent: agent.Process},
		39: {env: cell, agent: agent.Process, late: []string{"UPDATE"}}, // ended before its task started
		40: {env: ownCluster, agent: agent.Process},
		42: {env: ownCluster, agent: agent.Process},
		43: {env: cell, agent: agent.Process},
		45: {env: cell, agent: agent.Process},
		46: {env: cell, agent: agent.Process},
		48: {env: cell, agent: agent.Process},
		49: {env: cell, agent: agent.Process},
		51: {env: cell, agent: agent.Process},
		52: {env: cell, agent: agent.Process},
		54: {env: cell, agent: agent.Process, offers: allocation, after: completedTask},
		55: {env: cell, agent: agent.Process, offers: allocation},
		57: {env: cell, agent: agent.Process, noOffers: true},
		58: {env: cell, agent: agent.Process, noOffers: true},
		60: {env: cell, agent: agent.Process},
		61: {env: cell, agent: agent.Process},
		69: {env: cell, agent: agent.Process, quiet: second},
		70: {env: cell, agent: agent.Process},
		72: {env: ownCluster, agent: agent.Process, offers: allocation, after: unreachableTask},
		73: {env: ownCluster, agent: agent.Process, offers: allocation},
		75: {env: ownCluster, agent: agent.Process},
		76: {env: ownCluster, agent: agent.Process},
		// A slow machine may leave the master time to miss the paused agent before it is restarted.
		78: {env: ownCluster, agent: agent.Process, retry: true, late: []string{"RESCIND"}},
		79: {env: cell, agent: agent.Process},
		84: {env: cell, agent: agent.Process, offers: allocation},
		85: {env: cell, agent: agent.Process},
		87: {env: ownCluster, agent: agent.Process},
		91: {env: cell, agent: agent.Process, late: []string{"UPDATE"}}, // ended before its second task ran
		96: {env: cell, agent: agent.Process, quiet: second},
		63: {env: cell, agent: agent.Auto, offers: allocation},
		64: {env: cell, agent: agent.Auto, rewrite: []string{"/usr/bin/docker -H", "docker -H"}},
		66: {env: cell, agent: agent.Auto, offers: allocation},
		67: {
			env: cell, agent: agent.Auto, offers: allocation,
			until: 58, cut: "the driver had begun to tear down when the last acknowledgement was answered",
		},
		81: {env: cell, agent: agent.Auto, open: map[string]string{
			"body.get_containers.containers[].resource_statistics.cpus_system_time_secs": "what the task used",
			"body.get_containers.containers[].resource_statistics.cpus_user_time_secs":   "what the task used",
			"body.get_containers.containers[].resource_statistics.mem_rss_bytes":         "what the task used",
			"body.data": "the log of the executor; after looks for its line of the task",
		}, after: taskInStderr},
		90: {env: cell, agent: agent.Auto, offers: allocation},
		93: {env: cell, agent: agent.Auto, offers: allocation},
		94: {env: cell, agent: agent.Auto, offers: allocation},
		97: {env: ownCluster, agent: agent.Auto},
	}
}
