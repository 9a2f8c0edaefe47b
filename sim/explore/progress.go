package explore

import "fmt"

// fairMax bounds the steps of a fair run.
const fairMax = 3000

// progress looks for a state from which nothing leads to what is wanted, although
// nothing more goes wrong. The fair steps of all states make a chain; where it ends
// on the frontier, it is walked on from there.
func (e *search) progress(frontier []found) *Result {
	known := make([]int8, len(e.nodes)) // 1 leads there, -1 is on the way
	worlds := map[int32]*World{}
	for _, f := range frontier {
		worlds[f.at] = f.world
	}
	for start := range e.nodes {
		var way []int32
		at := int32(start)
		for known[at] == 0 {
			known[at] = -1
			way = append(way, at)
			next := e.nodes[at].fair
			if e.nodes[at].good {
				known[at] = 1
				break
			}
			if next < 0 {
				if why := e.walk(worlds[at], at); why != "" {
					return e.stuck(int32(start), why)
				}
				known[at] = 1
				break
			}
			at = next
		}
		if known[at] == -1 {
			return e.stuck(int32(start), "what happens repeats itself")
		}
		for _, on := range way {
			known[on] = 1
		}
	}
	return nil
}

// walk takes fair steps from a state until all is as wanted, and says what is
// missing if that never comes.
func (e *search) walk(w *World, at int32) string {
	if w == nil {
		w = e.reach(at, nil)
	}
	for range fairMax {
		fair := w.fair()
		if w.wanted(fair) {
			return ""
		}
		if w = w.do(fair); w.broken != "" {
			return w.broken
		}
	}
	return w.goal()
}

// stuck tells of a state from which all never becomes as wanted.
func (e *search) stuck(at int32, why string) *Result {
	t := &tape{}
	w := e.reach(at, t)
	t.lines = append(t.lines, "-------- from here on nothing more goes wrong")
	for range 60 {
		fair := w.fair()
		if w.wanted(fair) {
			break
		}
		w = w.recorded(fair, t)
	}
	if w.goal() != "" {
		why += ": " + w.goal()
	}
	return &Result{Broken: fmt.Sprintf("what is wanted is reached once nothing more goes wrong: %s", why), Trace: t.lines}
}
