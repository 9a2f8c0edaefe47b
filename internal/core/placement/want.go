package placement

import (
	"fmt"
	"strconv"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// want is a demand while a question is answered.
type want struct {
	*reading
	demand Demand
	group  *job.Group
	peers  *peers
	// kin are the demands of the same group, this one too: its tasks may be of several
	// versions.
	kin []*want
	// next is the first task without a place, since when the oldest of them waits.
	next  int
	since time.Time
	// stuck reports whether there is no place for one more.
	stuck bool
	// tried reports whether the gang that it is of was tried, and short is what it falls
	// short of then.
	tried bool
	short *Verdict
	// chooser finds the vacancy for the next task; nil before the first.
	chooser chooser
	// references are of all demands.
	references references
	// shares are those of the values of the attributes that the group is spread over.
	shares []share
}

// left counts the tasks without a place.
func (w *want) left() int { return len(w.demand.Tasks) - w.next }

func (w *want) task() *cluster.Task { return w.demand.Tasks[w.next] }

// allows reports whether the conditions that depend on what runs where are met.
func (w *want) allows(v *vacancy) bool {
	if !w.moving {
		return true
	}
	for i := range w.conditions {
		if w.conditions[i].moving() && !w.meets(i, v) {
			return false
		}
	}
	return true
}

// fits reports whether nothing keeps a task out of a vacancy.
func (w *want) fits(v *vacancy) bool { return w.possible(v) && w.allows(v) }

// lacks calls found with each kind of shortfall of a vacancy, and how much is missing as
// a share of what is wanted.
func (w *want) lacks(v *vacancy, found func(kind int, short float64)) {
	for kind, q := range w.amounts(v) {
		if q.want > q.have {
			found(kind, float64(q.want-q.have)/float64(q.want))
		}
	}
	if _, ok := v.pick(w.ports); !ok {
		found(lacksPorts, 1)
	}
	if v.closing {
		found(lacksTime, 1)
	}
	if !w.capable(v) {
		found(lacksLimits, 1)
	}
	for i := range w.conditions {
		if !w.meets(i, v) {
			found(w.kinds[i], 1)
		}
	}
}

// quantity is an amount of a resource that is wanted and that there is.
type quantity struct{ want, have offer.Milli }

// amounts are by kind of shortfall.
func (w *want) amounts(v *vacancy) [lacksGPUs + 1]quantity {
	return [...]quantity{
		lacksCPUs: {w.use.CPUs, v.free.CPUs}, lacksMem: {w.use.Mem, v.free.Mem},
		lacksDisk: {w.use.Disk, v.free.Disk}, lacksGPUs: {w.use.GPUs, v.free.GPUs},
	}
}

// shortfalls says what keeps a task out of a vacancy.
func (w *want) shortfalls(v *vacancy) []string {
	var details []string
	for kind, q := range w.amounts(v) {
		if q.want > q.have {
			details = append(details, fmt.Sprintf("%s: %s wanted, %s free", w.reasons[kind], amount(q.want), amount(q.have)))
		}
	}
	if _, ok := v.pick(w.ports); !ok {
		details = append(details, "ports: "+portsWanted(w.ports))
	}
	if v.closing {
		details = append(details, "maintenance planned for "+time.Unix(0, v.unavailableFrom).UTC().Format(time.RFC3339))
	}
	if !w.capable(v) {
		details = append(details, "limits: the agent has refused to keep cpu_limit or memory_limit")
	}
	for i := range w.conditions {
		if !w.meets(i, v) {
			details = append(details, w.conditions[i].complaint(v.attributes, w.peers, int(w.group.Replicas)))
		}
	}
	return details
}

func (w *want) meets(i int, v *vacancy) bool {
	if c := &w.conditions[i]; c.refers() {
		return w.references.beside(c, v.attributes)
	}
	return w.conditions[i].met(v.attributes, w.peers, int(w.group.Replicas))
}

func amount(m offer.Milli) string { return strconv.FormatFloat(float64(m)/1000, 'f', -1, 64) }

func portsWanted(ports []job.Port) string {
	fixed, told := "", map[uint32]bool{}
	for _, p := range ports {
		if p.Host != 0 && !told[p.Host] {
			fixed += " " + strconv.FormatUint(uint64(p.Host), 10)
			told[p.Host] = true // It may be there for tcp and for udp.
		}
	}
	if fixed != "" {
		return "host port" + fixed + " not offered: taken, or outside the agent's ports"
	}
	return fmt.Sprintf("%d wanted, fewer free", len(ports))
}
