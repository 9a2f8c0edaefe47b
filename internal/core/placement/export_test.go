package placement

import "github.com/milosgajdos/taurus/internal/job"

// MatchSlowly answers as Match does, but looks at every vacancy for every task, and
// remembers nothing.
func MatchSlowly(q Question) Answer {
	m := Matcher{field: newField(), classes: map[string]*class{}, byGroup: map[*job.Group]*reading{}}
	m.field.follow(&q)
	r := newRound(&m, q)
	r.find = func(w *want) chooser {
		if w.picky() {
			w.values(m.field)
		}
		return &slow{w: w, field: m.field}
	}
	r.serve()
	return r.answer()
}

// slow looks at everything.
type slow struct {
	w     *want
	field *field
}

func (s *slow) some() bool { return true }

func (s *slow) choose() *vacancy {
	var best candidate
	for _, v := range s.field.all {
		if !s.w.possible(v) || !s.w.allows(v) {
			continue
		}
		one := s.w.see(v)
		if s.w.picky() {
			one.liking += s.w.spreading(v)
		}
		if best.v == nil || s.w.compare(one, best) < 0 {
			best = one
		}
	}
	return best.v
}

// Back places the demands of a question, takes back all but the first n placings, and
// goes on; the answer is to be that of who never did.
func Back(q Question, n int) ([]Placement, []Verdict) {
	m := Matcher{field: newField(), classes: map[string]*class{}, byGroup: map[*job.Group]*reading{}}
	m.field.follow(&q)
	r := newRound(&m, q)
	r.serve()
	r.back(min(n, len(r.stays)))
	for _, w := range r.wants {
		w.stuck = false
	}
	r.serve()
	return r.placements(), r.verdicts()
}

// Looks is how often vacancies were looked at for what waited last.
func (m *Matcher) Looks() uint64 {
	sum := uint64(0)
	for _, c := range m.classes {
		sum += c.looks
	}
	return sum
}
