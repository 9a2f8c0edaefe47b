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
}

// verdictOf finds out what every vacancy falls short of, and which comes nearest.
func verdictOf(all []*vacancy, d Demand, w *want, waiting int) Verdict {
	v := Verdict{
		Job: d.Job.ID, Run: d.Job.Run, Group: d.Group.Name,
		Waiting: uint32(waiting), Offers: uint32(len(all)), Reasons: map[string]uint32{},
	}
	least := -1.0
	for _, one := range all {
		shortfalls := w.shortfalls(one)
		miss, short := &events.NearestMiss{Hostname: one.hostname, AgentID: one.agentID}, 0.0
		counted := map[string]bool{}
		for _, s := range shortfalls {
			if !counted[s.reason] {
				counted[s.reason] = true
				v.Reasons[s.reason]++
			}
			miss.Lacked = append(miss.Lacked, s.detail)
			short += 1 + s.short
		}
		if len(shortfalls) > 0 && (least < 0 || short < least) {
			least, v.Nearest = short, miss
		}
	}
	return v
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
	text := fmt.Sprintf("%d waiting: none of the %d agents that made offers fits: %s", v.Waiting, v.Offers, strings.Join(parts, ", "))
	if v.Offers == 1 {
		text = fmt.Sprintf("%d waiting: the one agent that made an offer does not fit: %s", v.Waiting, strings.Join(slices.Sorted(maps.Keys(v.Reasons)), ", "))
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
		Offers: v.Offers, Reasons: v.Reasons, Summary: v.Summary(), Nearest: v.Nearest,
	}
}

// Same reports whether two verdicts say the same, so that the second need not be
// recorded.
func (v Verdict) Same(other Verdict) bool {
	return v.Run == other.Run && v.Waiting == other.Waiting && v.Held == other.Held && maps.Equal(v.Reasons, other.Reasons)
}
