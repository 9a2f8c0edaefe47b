package placement

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Verdict is why tasks of a group found no place.
type Verdict struct {
	Job     string
	Run     uint64
	Group   string
	Waiting uint32
	Offers  uint32
	// Reasons counts agents per reason; an agent that falls short of two things counts twice.
	Reasons map[string]uint32
	Nearest *events.NearestMiss
	// Held is why no offer is looked at at all, empty if they are.
	Held string
	// Code names that in a word, where there is one.
	Code string
	// Gang is how many tasks only start together, 0 if each starts by itself, and Room for
	// how many of them there is a place.
	Gang, Room uint32
}

// verdict says what the vacancies fall short of for a demand, but not how many of its
// tasks wait.
func (w *want) verdict(f *field) Verdict {
	v := Verdict{Offers: uint32(len(f.all)), Reasons: map[string]uint32{}}
	s := w.survey(f)
	for kind, n := range s.counts {
		if n > 0 {
			v.Reasons[w.reasons[kind]] = n
		}
	}
	if n := s.nearest; n != nil {
		v.Nearest = &events.NearestMiss{Hostname: n.hostname, AgentID: n.agentID, Lacked: w.shortfalls(n)}
	}
	return v
}

// survey is how many vacancies fall short, by kind of shortfall, and the one that falls
// short of the least, the first in order of agent and role if there are several.
type survey struct {
	counts  []uint32
	nearest *vacancy
}

// survey goes through all vacancies, none of which fits.
func (w *want) survey(f *field) survey {
	counts, marked := make([]uint32, len(w.reasons)), make([]int, len(w.reasons))
	var nearest *vacancy
	least, seen := 0.0, 0
	for _, v := range f.all {
		seen++
		short := 0.0
		w.lacks(v, func(kind int, by float64) {
			short += 1 + by
			if marked[kind] != seen {
				marked[kind] = seen
				counts[kind]++
			}
		})
		if short > 0 && (nearest == nil || short < least || short == least && v.compare(nearest) < 0) {
			least, nearest = short, v
		}
	}
	return survey{counts: counts, nearest: nearest}
}

// Summary says the verdict in a sentence.
func (v Verdict) Summary() string {
	if v.Held != "" {
		return fmt.Sprintf("%d waiting: %s", v.Waiting, v.Held)
	}
	if v.Offers == 0 {
		return fmt.Sprintf("%d waiting: Mesos offers nothing at present (no agent with free resources, or other frameworks hold them)", v.Waiting)
	}
	parts := make([]string, 0, len(v.Reasons))
	for _, reason := range slices.Sorted(maps.Keys(v.Reasons)) {
		parts = append(parts, fmt.Sprintf("%s on %d", reason, v.Reasons[reason]))
	}
	waiting, fits, fit := fmt.Sprintf("%d waiting", v.Waiting), "fits", "fit"
	if v.Gang > 0 {
		waiting += fmt.Sprintf(": a gang of %d, room for %d", v.Gang, v.Room)
	}
	if v.Room > 0 {
		fits, fit = "fits one more", "fit one more"
	}
	text := fmt.Sprintf("%s: none of the %d agents that made offers %s: %s", waiting, v.Offers, fits, strings.Join(parts, ", "))
	if v.Offers == 1 {
		text = fmt.Sprintf("%s: the one agent that made an offer does not %s: %s", waiting, fit, strings.Join(slices.Sorted(maps.Keys(v.Reasons)), ", "))
	}
	if v.Nearest != nil {
		text += fmt.Sprintf("; nearest %s (%s)", v.Nearest.Hostname, strings.Join(v.Nearest.Lacked, "; "))
	}
	return text
}

// Event is the verdict as it is recorded.
func (v Verdict) Event(sequence uint64) events.VerdictChanged {
	return events.VerdictChanged{
		Run: v.Run, Group: v.Group, Waiting: v.Waiting, Sequence: sequence,
		Offers: v.Offers, Reasons: v.Reasons, Summary: v.Summary(), Nearest: v.Nearest, Code: v.Code,
	}
}

// Same reports whether two verdicts say the same, so that the second need not be
// recorded.
func (v Verdict) Same(other Verdict) bool {
	return v.Run == other.Run && v.Waiting == other.Waiting && v.Held == other.Held && v.Code == other.Code && v.Gang == other.Gang && v.Room == other.Room && maps.Equal(v.Reasons, other.Reasons)
}
