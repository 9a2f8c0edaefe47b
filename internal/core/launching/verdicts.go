package launching

import (
	"fmt"
	"maps"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/placement"
)

// verdicts are what was said last about each group, so that only changes are
// recorded.
type verdicts map[verdictKey]placement.Verdict

type verdictKey struct {
	job, group string
}

// forgetOthers forgets the groups that are not among demands: should they wait
// again, that is news.
func (v verdicts) forgetOthers(demands []placement.Demand) {
	if len(v) == 0 {
		return
	}
	waiting := map[verdictKey]bool{}
	for _, d := range demands {
		waiting[verdictKey{d.Job.ID, d.Group.Name}] = true
	}
	maps.DeleteFunc(v, func(k verdictKey, _ placement.Verdict) bool { return !waiting[k] })
}

// quiet is the verdict while Mesos makes no offers.
func quiet(demands []placement.Demand) []placement.Verdict {
	all := make([]placement.Verdict, 0, len(demands))
	for _, d := range demands {
		all = append(all, placement.Verdict{
			Job: d.Job.ID, Run: d.Job.Run, Group: d.Group.Name, Waiting: uint32(len(d.Tasks)), Reasons: map[string]uint32{},
		})
	}
	return all
}

// byGroup puts together what is said of one group of two versions: users are told of
// the first that waits, and how many do.
func byGroup(found []placement.Verdict) []placement.Verdict {
	all := make([]placement.Verdict, 0, len(found))
	at := make(map[verdictKey]int, len(found))
	for _, v := range found {
		key := verdictKey{v.Job, v.Group}
		if first, ok := at[key]; ok {
			all[first].Waiting += v.Waiting
			continue
		}
		at[key] = len(all)
		all = append(all, v)
	}
	return all
}

// explain records the verdicts that changed. They decide nothing: one that is
// lost is merely missing from the answer to why a job waits.
func (m *Machine) explain(found []placement.Verdict) {
	if !m.cfg.Explain {
		return
	}
	var drafts []machine.Draft
	for _, v := range byGroup(found) {
		key := verdictKey{v.Job, v.Group}
		if last, ok := m.verdicts[key]; ok && last.Same(v) {
			continue
		}
		m.verdicts[key] = v
		sequence := m.state.Sequence
		id := fmt.Sprintf("why/%s/%s@%d.%d", v.Job, v.Group, sequence, m.batches)
		drafts = append(drafts, machine.Fact(m.cfg.Space.Why(v.Job), m.envelope(id, 0), v.Event(sequence)))
		m.do(machine.Note{
			Level: machine.Info, Message: v.Summary(), Job: v.Job, Sequence: sequence,
			Fields: []machine.Field{{Key: "group", Value: v.Group}},
		})
	}
	if len(drafts) > 0 {
		m.do(Explain{Drafts: drafts})
	}
}
