package placement

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// peers counts the tasks of a group that have a place, by attribute and value.
type peers struct {
	counts map[string]map[string]int
	total  int
}

func peersOf(j *cluster.Job, g *job.Group) *peers {
	p := &peers{counts: map[string]map[string]int{}}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Group == g.Name && t.Live() && t.State >= cluster.Staged {
				p.add(t.Hostname, t.Attributes)
			}
		}
	}
	return p
}

func (p *peers) add(hostname string, attributes map[string]string) {
	p.total++
	p.count(job.AttributeHostname, hostname)
	for name, value := range attributes {
		if name != job.AttributeHostname {
			p.count(name, value)
		}
	}
}

func (p *peers) count(name, value string) {
	if p.counts[name] == nil {
		p.counts[name] = map[string]int{}
	}
	p.counts[name][value]++
}

func (p *peers) on(hostname string) int { return p.counts[job.AttributeHostname][hostname] }

// lack is one thing that keeps a task out of a room.
type lack struct {
	// reason groups lacks of a kind ("cpus"); detail is for the nearest miss.
	reason, detail string
	// short is how much is missing, as a share of what is wanted.
	short float64
}

// lacking lists what keeps a task of the group out of a room, nothing if it
// fits; with first, at most one thing.
func lacking(r *room, g *job.Group, use offer.Resources, peers *peers, now time.Time, first bool) []lack {
	var found []lack
	for _, q := range []struct {
		name       string
		want, have offer.Milli
	}{
		{"cpus", use.CPUs, r.free.CPUs},
		{"mem", use.Mem, r.free.Mem},
		{"disk", use.Disk, r.free.Disk},
		{"gpus", use.GPUs, r.free.GPUs},
	} {
		if q.want <= q.have {
			continue
		}
		found = append(found, lack{
			reason: q.name,
			detail: fmt.Sprintf("%s: %s wanted, %s free", q.name, amount(q.want), amount(q.have)),
			short:  float64(q.want-q.have) / float64(q.want),
		})
		if first {
			return found
		}
	}
	if _, ok := r.pick(g.Ports); !ok {
		found = append(found, lack{reason: "ports", detail: "ports: " + portsWanted(g.Ports), short: 1})
	}
	if from := r.unavailableFrom; from != 0 && now.Add(MaintenanceAhead).UnixNano() >= from {
		found = append(found, lack{
			reason: "maintenance", short: 1,
			detail: "maintenance planned for " + time.Unix(0, from).UTC().Format(time.RFC3339),
		})
	}
	for _, c := range g.Constraints {
		if first && len(found) > 0 {
			return found
		}
		if detail := violates(c, r.attributes, peers, int(g.Replicas)); detail != "" {
			found = append(found, lack{
				reason: "constraint " + c.Attribute + " " + c.Operator,
				detail: detail, short: 1,
			})
		}
	}
	return found
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

// violates says how an agent breaks a constraint, nothing if it does not. An
// agent without the attribute breaks every constraint but the negative ones.
func violates(c job.Constraint, attributes map[string]string, peers *peers, replicas int) string {
	value, has := attributes[c.Attribute]
	broken := func(format string, args ...any) string {
		return c.Attribute + ": " + fmt.Sprintf(format, args...)
	}
	if !has {
		if c.Operator == job.OpIsNot || c.Operator == job.OpUnlike {
			return ""
		}
		return broken("the agent has no such attribute")
	}
	here := peers.counts[c.Attribute][value]
	switch c.Operator {
	case job.OpIs:
		if value != c.Value {
			return broken("%s, %s wanted", value, c.Value)
		}
	case job.OpIsNot:
		if value == c.Value {
			return broken("%s is excluded", value)
		}
	case job.OpLike, job.OpUnlike:
		re, err := regexp.Compile("^(?:" + c.Value + ")$")
		if err != nil || re.MatchString(value) != (c.Operator == job.OpLike) {
			return broken("%s does not fit %s %s", value, c.Operator, c.Value)
		}
	case job.OpUnique:
		if here > 0 {
			return broken("%s runs a task of the group already", value)
		}
	case job.OpMaxPer:
		if most, err := strconv.Atoi(c.Value); err != nil || here >= most {
			return broken("%s runs %d tasks of the group, %s allowed", value, here, c.Value)
		}
	case job.OpCluster:
		if peers.total > here || (c.Value != "" && value != c.Value) {
			return broken("%s is not where the group's other tasks are", value)
		}
	case job.OpGroupBy:
		return unbalanced(c, value, here, peers, replicas, broken)
	}
	return ""
}

// unbalanced holds group_by: no value may get more than its share of the
// replicas over as many values as the constraint names, or as are in use.
func unbalanced(c job.Constraint, value string, here int, peers *peers, replicas int, broken func(string, ...any) string) string {
	values := len(peers.counts[c.Attribute])
	if n, err := strconv.Atoi(c.Value); err == nil && n > 0 {
		share := (replicas + n - 1) / n
		if here >= share {
			return broken("%s has its share of %d tasks", value, share)
		}
		return ""
	}
	for _, n := range peers.counts[c.Attribute] {
		if values > 1 && here > n {
			return broken("%s runs more tasks of the group than others", value)
		}
	}
	return ""
}
