package cluster

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"

	"github.com/milosgajdos/taurus/internal/job"
)

// markMisfits marks the tasks that have a place which the constraints of the target
// would not give them, where those of the version was would: they are to be replaced.
// It reports whether there are any.
func (j *Job) markMisfits(was *Version, sequence uint64) (found bool) {
	if was == nil || j.Over() || !j.Rolls() {
		return false
	}
	for i := range j.Spec.Tasks {
		g := &j.Spec.Tasks[i]
		old := was.Group(g.Name)
		if old == nil || slices.Equal(old.Constraints, g.Constraints) {
			continue
		}
		tasks := j.placed(g.Name)
		for _, c := range g.Constraints {
			if slices.Contains(old.Constraints, c) {
				continue
			}
			known := slices.ContainsFunc(old.Constraints, func(o job.Constraint) bool { return o.Attribute == c.Attribute })
			for _, t := range misfits(c, tasks, known) {
				t.Stale, found = sequence, true
			}
		}
	}
	return found
}

// placed are the tasks of a group that have a place and are to go on, in order of slot.
func (j *Job) placed(group string) []*Task {
	var all []*Task
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Run == j.Run && t.Group == group && t.Live() && t.State != Waiting && t.Doom == nil {
				all = append(all, t)
			}
		}
	}
	slices.SortFunc(all, func(a, b *Task) int { return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Attempt, b.Attempt)) })
	return all
}

// misfits are the tasks that do not meet a constraint. Where the attribute was not
// known to matter when they got their place, known is false, and nobody can tell of
// those without it that they do. The host of each is known.
func misfits(c job.Constraint, tasks []*Task, known bool) (found []*Task) {
	most := 0
	switch c.Operator {
	case job.OpUnique:
		most = 1
	case job.OpMaxPer:
		most, _ = strconv.Atoi(c.Value) // Validated; of one that a foreign hand wrote all are misfits.
	case job.OpGroupBy:
		return nil // It balances what comes, and keeps nobody out.
	}
	admits, here := admission(c), map[string]int{}
	for _, t := range tasks {
		value, has := t.Attributes[c.Attribute]
		if c.Attribute == job.AttributeHostname {
			value, has = t.Hostname, true
		}
		here[value]++
		switch {
		case !has:
			if !known || c.Operator != job.OpIsNot && c.Operator != job.OpUnlike {
				found = append(found, t)
			}
		case admits != nil && !admits(value), admits == nil && here[value] > most:
			found = append(found, t)
		}
	}
	return found
}

// admission tells the values that a constraint admits, nil if it counts peers.
func admission(c job.Constraint) func(value string) bool {
	switch c.Operator {
	case job.OpIs:
		return func(value string) bool { return value == c.Value }
	case job.OpIsNot:
		return func(value string) bool { return value != c.Value }
	case job.OpLike, job.OpUnlike:
		expression, err := regexp.Compile("^(?:" + c.Value + ")$")
		return func(value string) bool {
			return err == nil && expression.MatchString(value) == (c.Operator == job.OpLike)
		}
	case job.OpUnique, job.OpMaxPer:
		return nil
	}
	return func(value string) bool { return c.Operator != job.OpCluster || c.Value == "" || value == c.Value }
}
