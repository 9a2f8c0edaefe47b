package placement

import (
	"fmt"
	"strconv"
	"time"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// want is what a task of a group asks of a vacancy.
type want struct {
	group      *job.Group
	use        offer.Resources
	conditions []condition
	peers      *peers
	now        time.Time
}

func (m *Matcher) want(d Demand, now time.Time) *want {
	return &want{
		group: d.Group, use: Needs(d.Group), conditions: m.conditions(d.Group),
		peers: peersOf(d.Job, d.Group), now: now,
	}
}

// shortfall is one thing that keeps a task out of a vacancy.
type shortfall struct {
	// reason groups shortfalls of a kind ("cpus"); detail is for the nearest miss.
	reason, detail string
	// short is how much is missing, as a share of what is wanted.
	short float64
}

// fits reports whether nothing keeps a task out of a vacancy.
func (w *want) fits(v *vacancy) bool {
	use, free := w.use, v.free
	if use.CPUs > free.CPUs || use.Mem > free.Mem || use.Disk > free.Disk || use.GPUs > free.GPUs || w.closing(v) {
		return false
	}
	for i := range w.conditions {
		if !w.meets(i, v) {
			return false
		}
	}
	_, ok := v.pick(w.group.Ports)
	return ok
}

// shortfalls lists what keeps a task out of a vacancy that it does not fit into.
func (w *want) shortfalls(v *vacancy) []shortfall {
	var found []shortfall
	for _, q := range []struct {
		name       string
		want, have offer.Milli
	}{
		{"cpus", w.use.CPUs, v.free.CPUs},
		{"mem", w.use.Mem, v.free.Mem},
		{"disk", w.use.Disk, v.free.Disk},
		{"gpus", w.use.GPUs, v.free.GPUs},
	} {
		if q.want > q.have {
			found = append(found, shortfall{
				reason: q.name,
				detail: fmt.Sprintf("%s: %s wanted, %s free", q.name, amount(q.want), amount(q.have)),
				short:  float64(q.want-q.have) / float64(q.want),
			})
		}
	}
	if _, ok := v.pick(w.group.Ports); !ok {
		found = append(found, shortfall{reason: "ports", detail: "ports: " + portsWanted(w.group.Ports), short: 1})
	}
	if w.closing(v) {
		found = append(found, shortfall{
			reason: "maintenance", short: 1,
			detail: "maintenance planned for " + time.Unix(0, v.unavailableFrom).UTC().Format(time.RFC3339),
		})
	}
	for i := range w.conditions {
		if c := &w.conditions[i]; !w.meets(i, v) {
			found = append(found, shortfall{
				reason: "constraint " + c.Attribute + " " + c.Operator,
				detail: c.complaint(v.attributes, w.peers, int(w.group.Replicas)), short: 1,
			})
		}
	}
	return found
}

func (w *want) meets(i int, v *vacancy) bool {
	return w.conditions[i].met(v.attributes, w.peers, int(w.group.Replicas))
}

// closing reports whether the agent goes into maintenance soon.
func (w *want) closing(v *vacancy) bool {
	from := v.unavailableFrom
	return from != 0 && w.now.Add(MaintenanceAhead).UnixNano() >= from
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
