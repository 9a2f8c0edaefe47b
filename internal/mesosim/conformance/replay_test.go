package conformance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
)

// shortest is the shortest pause of the record that is kept: all others are the
// driver's own.
const shortest = 250 * time.Millisecond

// replay performs one transcript.
type replay struct {
	t       *testing.T
	id      int
	check   check
	cluster *cluster
	match   *matcher
	kind    agent.Kind
	streams map[string]*stream    // by who
	answers map[string][]response // to calls of who, not compared yet
	ours    []string              // recorded ids of this exchange's frameworks
	taken   map[string]string     // the newest event of each type, as it came
	last    any                   // body of the newest response
	times   map[int]time.Time     // when a call was made or an event came, by line
}

func newReplay(t *testing.T, id int, c check) *replay {
	t.Helper()
	return &replay{
		t: t, id: id, check: c, cluster: newCluster(t), match: &matcher{ids: newBinding(), open: c.open}, kind: c.agent,
		streams: map[string]*stream{}, answers: map[string][]response{}, taken: map[string]string{}, times: map[int]time.Time{},
	}
}

// run performs the lines in order and compares.
func (r *replay) run(lines []line) {
	r.t.Helper()
	defer r.finish()
	lines = r.check.trim(lines)
	for i := range lines {
		lines[i].rewrite(append([]string{recordedImage, image}, r.check.rewrite...))
	}
	r.ours = frameworks(lines)
	if r.check.env != ownCluster {
		r.cluster.startMaster(nil)
	}
	if r.check.env == cell {
		r.cluster.startAgent("agent", r.kind)
	}
	for i := range lines {
		if i > 0 && !strings.HasPrefix(lines[i-1].Note, "hook: start-") && (lines[i].Dir == dirCall || lines[i].Dir == dirNote) {
			if d := pause(&lines[i-1], &lines[i]); d >= shortest {
				time.Sleep(d)
			}
		}
		r.step(&lines[i])
		r.noSooner(lines[:i+1])
		if r.t.Failed() {
			return // what follows would be compared with something else
		}
	}
	if r.check.after != nil {
		r.check.after(r)
	}
	time.Sleep(r.check.quiet)
	r.nothingElse()
}

// frameworks are the ids that a transcript's subscriptions were given.
func frameworks(lines []line) []string {
	var out []string
	for _, l := range lines {
		if id := textAt(l.Event, "subscribed.framework_id.value"); id != "" {
			out = append(out, id)
		}
	}
	return out
}

// live are the ids of the frameworks here.
func (r *replay) live() []string {
	out := make([]string, 0, len(r.ours))
	for _, id := range r.ours {
		out = append(out, r.match.ids.substitute(id))
	}
	return out
}

func (r *replay) finish() {
	r.cluster.end(r.live())
	for _, s := range r.streams {
		s.close()
	}
}

// nothingElse fails when an event came that is not recorded.
func (r *replay) nothingElse() {
	r.t.Helper()
	open := append([]string{"HEARTBEAT"}, r.check.late...)
	if !r.check.noOffers {
		open = append(open, "OFFERS") // when the allocator runs next is a matter of time
	}
	if r.check.offers != "" {
		open = append(open, "RESCIND")
	}
	for who, s := range r.streams {
		for _, e := range s.rest(open...) {
			r.report(who, []string{"not recorded: " + brief(e.body)})
		}
	}
}

func (r *replay) step(l *line) {
	r.t.Helper()
	switch l.Dir {
	case dirCall:
		r.call(l)
	case dirResponse:
		r.response(l)
	case dirEvent:
		r.event(l)
	case dirNote:
		r.note(l)
	default:
		r.t.Fatalf("line %d has dir %q", l.number, l.Dir)
	}
}

// report fails the check with differences at a line.
func (r *replay) report(where string, differences []string) {
	r.t.Helper()
	for _, d := range differences {
		r.t.Error(where + ": " + d)
	}
}
