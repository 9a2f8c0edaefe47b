package placement

import (
	"fmt"
	"strconv"
	"time"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// want is what a task of a group asks of a room.
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

// lack is one thing that keeps a task out of a room.
type lack struct {
	// reason groups lacks of a kind ("cpus"); detail is for the nearest miss.
	reason, detail string
	// short is how much is missing, as a share of what is wanted.
	short float64
}

// fits reports whether nothing keeps a task out of a room.
func (w *want) fits(r *room) bool {
	use, free := w.use, r.free
	if use.CPUs > free.CPUs || use.Mem > free.Mem || use.Disk > free.Disk || use.GPUs > free.GPUs || w.closing(r) {
		return false
	}
	for i := range w.conditions {
		if !w.holds(i, r) {
			return false
		}
	}
	_, ok := r.pick(w.group.Ports)
	return ok
}

// lacking lists what keeps a task out of a room that it does not fit into.
func (w *want) lacking(r *room) []lack {
	var found []lack
	for _, q := range []struct {
		name       string
		want, have offer.Milli
	}{
		{"cpus", w.use.CPUs, r.free.CPUs},
		{"mem", w.use.Mem, r.free.Mem},
		{"disk", w.use.Disk, r.free.Disk},
		{"gpus", w.use.GPUs, r.free.GPUs},
	} {
		if q.want > q.have {
			found = append(found, lack{
				reason: q.name,
				detail: fmt.Sprintf("%s: %s wanted, %s free", q.name, amount(q.want), amount(q.have)),
				short:  float64(q.want-q.have) / float64(q.want),
			})
		}
	}
	if _, ok := r.pick(w.group.Ports); !ok {
		found = append(found, lack{reason: "ports", detail: "ports: " + portsWanted(w.group.Ports), short: 1})
	}
	if w.closing(r) {
		found = append(found, lack{
			reason: "maintenance", short: 1,
			detail: "maintenance planned for " + time.Unix(0, r.unavailableFrom).UTC().Format(time.RFC3339),
		})
	}
	for i := range w.conditions {
		if c := &w.conditions[i]; !w.holds(i, r) {
			found = append(found, lack{
				reason: "constraint " + c.Attribute + " " + c.Operator,
				detail: c.complaint(r.attributes, w.peers, int(w.group.Replicas)), short: 1,
			})
		}
	}
	return found
}

func (w *want) holds(i int, r *room) bool {
	return w.conditions[i].holds(r.attributes, w.peers, int(w.group.Replicas))
}

// closing reports whether the agent goes into maintenance soon.
func (w *want) closing(r *room) bool {
	from := r.unavailableFrom
	return from != 0 && w.now.Add(MaintenanceAhead).UnixNano() >= from
}

func amount(m offer.Milli) string { return strconv.FormatFloat(float64(m)/1000, 'f', -1, 64) }

func portsWanted(ports []job.Port) string {
	fixed := ""
	for _, p := range ports {
		if p.Host != 0 {
			fixed += " " + strconv.FormatUint(uint64(p.Host), 10)
		}
	}
	if fixed != "" {
		return "host port" + fixed + " not offered: taken, or outside the agent's ports"
	}
	return fmt.Sprintf("%d wanted, fewer free", len(ports))
}
