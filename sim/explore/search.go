package explore

import (
	"fmt"
	"time"
)

// Result is what an exploration found.
type Result struct {
	// States and Steps are how many there were, Depth the length of the longest run.
	States, Steps, Depth int
	// Whole says that there was nothing more to look at.
	Whole bool
	Took  time.Duration
	// Broken is the rule that was broken, empty for none, and Trace the shortest way
	// there.
	Broken string
	Trace  []string
}

// node is a state that was reached: from which, and by which of its actions.
type node struct {
	from int32
	by   uint16
	// fair is the state after the fair step, -1 if it is not known.
	fair int32
	// good says that the state is as wanted.
	good bool
}

// search is an exploration under way.
type search struct {
	scope  *Scope
	copies *copies
	prints *prints
	nodes  []node
	seen   map[uint64]int32
	steps  int
}

// found is a state on the frontier.
type found struct {
	at    int32
	world *World
}

// Explore looks at every state of a scope, nearest first, until a rule is broken
// or nothing is left.
func Explore(s *Scope) Result {
	began := time.Now()
	e := &search{scope: s, copies: newCopies(), prints: newPrints(), seen: map[uint64]int32{}}
	r := e.run()
	r.States, r.Steps, r.Took = len(e.nodes), e.steps, time.Since(began)
	return r
}

func (e *search) run() Result {
	first := begin(e.scope, e.copies)
	e.add(first, -1, 0)
	frontier := []found{{0, first}}
	depth := 0
	for ; len(frontier) > 0; depth++ {
		if e.scope.Depth > 0 && depth >= e.scope.Depth || e.scope.States > 0 && len(e.nodes) >= e.scope.States {
			break
		}
		var next []found
		for i, f := range frontier {
			broken := e.expand(f, &next)
			if broken != nil {
				broken.Depth = depth + 1
				return *broken
			}
			frontier[i].world = nil
		}
		frontier = next
	}
	r := Result{Depth: depth, Whole: len(frontier) == 0}
	if bad := e.progress(frontier); bad != nil {
		r.Broken, r.Trace = bad.Broken, bad.Trace
	}
	return r
}

// add adds a state, unless it was there.
func (e *search) add(w *World, from int32, by int) (at int32, isNew bool) {
	fingerprint := e.prints.of(w)
	if at, ok := e.seen[fingerprint]; ok {
		return at, false
	}
	at = int32(len(e.nodes))
	e.seen[fingerprint] = at
	e.nodes = append(e.nodes, node{from: from, by: uint16(by), fair: -1})
	return at, true
}

// actions are all that may happen in a state; the fair one is first.
func (w *World) actions() []Action {
	steps := w.steps()
	first := steps[0]
	all := w.ends(first)
	if first.verb == pass && len(all) > 0 {
		all = append(all, first)
	} else {
		all = append([]Action{first}, all...)
	}
	if w.scope.AnyOrder {
		all = append(all, steps[1:]...)
	}
	return append(all, w.faults(first)...)
}

// expand looks at what follows a state.
func (e *search) expand(f found, next *[]found) *Result {
	all := f.world.actions()
	if f.world.wanted(all[0]) {
		e.nodes[f.at].good = true
	}
	for i, a := range all {
		e.steps++
		w := f.world.do(a)
		if w.broken != "" {
			return &Result{Broken: w.broken, Trace: e.trace(f.at, i)}
		}
		at, isNew := e.add(w, f.at, i)
		if i == 0 && e.nodes[f.at].fair < 0 {
			e.nodes[f.at].fair = at
		}
		if isNew {
			*next = append(*next, found{at, w})
		}
	}
	return nil
}

// wanted reports whether the world is as it should be and stays so; fair is the
// fair step.
func (w *World) wanted(fair Action) bool { return fair.verb == pass && w.goal() == "" }

// path returns the choices that lead to a state.
func (e *search) path(at int32) []int {
	var path []int
	for n := e.nodes[at]; n.from >= 0; n = e.nodes[n.from] {
		path = append(path, int(n.by))
	}
	for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
		path[i], path[j] = path[j], path[i]
	}
	return path
}

// reach returns the world of a state, by going there again.
func (e *search) reach(at int32, t *tape) *World {
	w := begin(e.scope, e.copies)
	for _, choice := range e.path(at) {
		w = w.recorded(w.actions()[choice], t)
	}
	return w
}

// recorded is do with a line in a trace.
func (w *World) recorded(a Action, t *tape) *World {
	if t == nil {
		return w.do(a)
	}
	t.lines = append(t.lines, fmt.Sprintf("%8s  %s", w.now.Sub(start()).Round(time.Millisecond), w.describe(a)))
	before, records := len(t.lines), len(w.log.records)
	w.tape = t
	n := w.do(a)
	n.tape = nil
	for i := before; i < len(t.lines); i++ {
		t.lines[i] = "            -> " + t.lines[i]
	}
	for _, r := range n.log.records[records:] {
		t.lines = append(t.lines, "            == "+r.String())
	}
	return n
}

// trace tells of the way to a state, and of one more action there.
func (e *search) trace(at int32, choice int) []string {
	t := &tape{}
	w := e.reach(at, t)
	w.recorded(w.actions()[choice], t)
	return t.lines
}

// summary says what was looked at.
func (r *Result) summary(s *Scope) string {
	extent := "all of them"
	if !r.Whole {
		extent = "not all"
	}
	return fmt.Sprintf("%s, up to %d faults: %d states (%s), %d steps, longest run %d, in %v",
		s.Name, s.Faults, r.States, extent, r.Steps, r.Depth, r.Took.Round(time.Millisecond))
}
