package placement

import "strconv"

// scale is what a weight counts in a score, so that shares of it are whole numbers.
const scale = 1000

// affinity is one whose value has been read.
type affinity struct {
	condition
	weight int
}

// liking is the sum of the weights of the affinities that an agent meets.
func (w *want) liking(v *vacancy) int {
	sum := 0
	for i := range w.affinities {
		if a := &w.affinities[i]; a.met(v.attributes, nil, 0) {
			sum += a.weight * scale
		}
	}
	return sum
}

// share is how many tasks of a group, in thousandths, a value of an attribute is to have.
type share struct {
	targets map[string]int
	rest    int
}

// values finds out what each value of the attributes is to have that the group is
// spread over: its target, or an even part of what the targets leave.
func (w *want) values(f *field) {
	w.shares = nil
	for _, s := range w.group.Spread {
		left, others := 100, 0
		targets := map[string]int{}
		for value, percent := range s.Targets {
			left -= int(percent)
			targets[value] = int(percent) * int(w.group.Replicas) * scale / 100
		}
		for _, value := range w.inUse(f, s.Attribute) {
			if _, ok := targets[value]; !ok {
				others++
			}
		}
		w.shares = append(w.shares, share{targets: targets, rest: max(0, left) * int(w.group.Replicas) * scale / 100 / max(1, others)})
	}
}

// spreading is what the group's spread makes of an agent: the whole weight for a value
// without tasks, nothing for one that has its share, less than nothing beyond it.
func (w *want) spreading(v *vacancy) int {
	sum := 0
	for i := range w.group.Spread {
		sum += w.spreadingBy(i, v)
	}
	return sum
}

func (w *want) spreadingBy(i int, v *vacancy) int {
	s, of := &w.group.Spread[i], &w.shares[i]
	weight := int(s.Weight) * scale
	value, has := v.attributes[s.Attribute]
	if !has {
		return -weight
	}
	wanted, ok := of.targets[value]
	if !ok {
		wanted = of.rest
	}
	if wanted <= 0 {
		return -weight
	}
	here := w.peers.counts[s.Attribute][value] * scale
	return max(-weight, weight*(wanted-here)/wanted)
}

// signed writes a score as the weights are written.
func signed(score int) string {
	text := strconv.FormatFloat(float64(score)/scale, 'f', 1, 64)
	if score >= 0 {
		return "+" + text
	}
	return text
}
