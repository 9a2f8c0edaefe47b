package policy

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/milosgajdos/taurus/internal/job"
)

// Total is what is asked for. Amounts are in thousandths, so that their sum is the same in
// any order.
type Total struct {
	Replicas, CPU, Memory, Disk, GPUs uint64
}

// Plus is both.
func (d Total) Plus(o Total) Total {
	return Total{d.Replicas + o.Replicas, d.CPU + o.CPU, d.Memory + o.Memory, d.Disk + o.Disk, d.GPUs + o.GPUs}
}

// Beyond is what there is more of than in another.
func (d Total) Beyond(o Total) Total {
	less := func(a, b uint64) uint64 { return a - min(a, b) }
	return Total{less(d.Replicas, o.Replicas), less(d.CPU, o.CPU), less(d.Memory, o.Memory), less(d.Disk, o.Disk), less(d.GPUs, o.GPUs)}
}

// TotalOf is what all tasks of a job ask for together. A series runs nothing itself, its runs
// are jobs of their own; so it is what one of its runs asks for.
func TotalOf(spec *job.Spec) (sum Total) {
	for i := range spec.Tasks {
		sum = sum.Plus(TotalOfTasks(&spec.Tasks[i], spec.Tasks[i].Replicas))
	}
	return sum
}

// TotalOfTasks is what so many tasks of a group ask for.
func TotalOfTasks(g *job.Group, n uint32) Total {
	d := Total{Replicas: uint64(n)}
	if r := g.Resources; r != nil {
		d.CPU, d.Memory, d.Disk = uint64(n)*thousandths(r.CPU), uint64(n)*thousandths(r.Memory), uint64(n)*thousandths(r.Disk)
		d.GPUs = uint64(n) * uint64(r.GPUs)
	}
	return d
}

func thousandths(v float64) uint64 {
	if !(v > 0) {
		return 0
	}
	const most = 1 << 40 // What 100,000 tasks have of it fits into 64 bits.
	return uint64(min(v, most)*1000 + 0.5)
}

// over is one amount that is too large, in words.
type over struct{ has, most string }

// exceeded are the amounts that become larger than they may be. Of what is asked for nothing
// of, it is the others' doing.
func (a *Amounts) exceeded(others, own Total) (all []over) {
	d := others.Plus(own)
	whole := func(field string, own, has uint64, most *uint32) {
		if most != nil && own > 0 && has > uint64(*most) {
			all = append(all, over{strconv.FormatUint(has, 10) + " " + field, strconv.FormatUint(uint64(*most), 10)})
		}
	}
	part := func(field string, own, has uint64, most *float64) {
		if most != nil && own > 0 && has > thousandths(*most) {
			all = append(all, over{fmt.Sprintf("%v of %s", float64(has)/1000, field), fmt.Sprint(*most)})
		}
	}
	whole("replicas", own.Replicas, d.Replicas, a.Replicas)
	part("cpu", own.CPU, d.CPU, a.CPU)
	part("memory", own.Memory, d.Memory, a.Memory)
	part("disk", own.Disk, d.Disk, a.Disk)
	whole("gpus", own.GPUs, d.GPUs, a.GPUs)
	return all
}

// QuotasOf are the quotas that a job counts against.
func (p *Policy) QuotasOf(id string) (found []*Quota) {
	id = Base(id)
	for i := range p.Quotas {
		if fitsAny(p.Quotas[i].Jobs, id) {
			found = append(found, &p.Quotas[i])
		}
	}
	return found
}

// Fits reports whether a job counts against the quota.
func (q *Quota) Fits(id string) bool { return fitsAny(q.Jobs, Base(id)) }

// Exceeded says what of a job is too much beside what others ask for already.
func (q *Quota) Exceeded(others, own Total) (all []Violation) {
	for _, o := range q.exceeded(others, own) {
		all = append(all, Violation{q.Name, "tasks", fmt.Sprintf(
			"would have %s asked for in all, and the quota of %s is %s; ask for less, or stop others", o.has, jobsOf(q.Jobs), o.most)})
	}
	return all
}

func jobsOf(patterns []string) string {
	if len(patterns) == 0 {
		return "all jobs"
	}
	return oneOf(slices.Clone(patterns))
}

// Admitted is how many tasks of a group a quota leaves room for, and which quota it is;
// without a name it is all of them.
type Admitted struct {
	Tasks uint32
	Quota string
}

// Admit says of each group of a job how many of its tasks may be started anew, the first groups
// first. Before is what is asked for under each of the quotas by those who asked before.
func Admit(spec *job.Spec, quotas []*Quota, before []Total) []Admitted {
	admitted := make([]Admitted, len(spec.Tasks))
	var own Total
	for i := range spec.Tasks {
		g := &spec.Tasks[i]
		admitted[i].Tasks = g.Replicas
		for n, q := range quotas {
			if room := q.room(before[n].Plus(own), TotalOfTasks(g, 1)); room < admitted[i].Tasks {
				admitted[i] = Admitted{room, q.Name}
			}
		}
		if g.Gang && admitted[i].Tasks < g.Replicas {
			admitted[i].Tasks = 0 // It starts as a whole, or not at all.
		}
		own = own.Plus(TotalOfTasks(g, admitted[i].Tasks))
	}
	return admitted
}

// room is how many of one kind fit beside what is taken.
func (q *Quota) room(taken, one Total) uint32 {
	fits := uint64(math.MaxUint32)
	of := func(most, taken, one uint64) {
		if one > 0 {
			fits = min(fits, (most-min(most, taken))/one)
		}
	}
	whole := func(most *uint32, taken, one uint64) {
		if most != nil {
			of(uint64(*most), taken, one)
		}
	}
	part := func(most *float64, taken, one uint64) {
		if most != nil {
			of(thousandths(*most), taken, one)
		}
	}
	whole(q.Replicas, taken.Replicas, one.Replicas)
	part(q.CPU, taken.CPU, one.CPU)
	part(q.Memory, taken.Memory, one.Memory)
	part(q.Disk, taken.Disk, one.Disk)
	whole(q.GPUs, taken.GPUs, one.GPUs)
	return uint32(fits)
}
