package imprint

import (
	"time"
	"unsafe"
)

// writer writes an imprint.
type writer struct {
	scope uint8
	acc   uint64
	items []item
	seen  map[unsafe.Pointer]uint64
}

func (w *writer) plain(v uint64) { w.acc = mix(w.acc, v) }

func (w *writer) text(s string) { w.plain(digest(s)) }

func (w *writer) open(how How, kind Kind, limit time.Duration, value uint64) {
	scope := uint8(0)
	if kind.own() {
		scope = w.scope
	}
	w.items = append(w.items, item{
		before: w.acc, how: how, kind: kind, scope: scope, limit: uint32(limit / time.Second), value: value,
	})
	w.acc = seed
}

// number writes a number by a rule.
func (w *writer) number(r *Rule, v uint64) {
	switch {
	case r.How == Ordered && v != 0: // 0 is always "none".
		w.open(Ordered, r.Kind, 0, v)
	case r.How == Capped:
		w.plain(min(v, r.Most))
	default:
		w.plain(v)
	}
}

// name writes a text by a rule.
func (w *writer) name(r *Rule, s string) {
	if r.How == Named && s != "" {
		w.open(Named, NoKind, 0, digest(s))
		return
	}
	w.text(s)
}

// time writes a time by a rule; the zero time is always "never".
func (w *writer) time(r *Rule, t time.Time) {
	switch {
	case t.IsZero():
		w.plain(1)
	case r.How == Absolute:
		w.plain(uint64(t.UnixNano()))
	case r.How == Future:
		w.open(Future, NoKind, 0, uint64(t.UnixNano()))
	case r.How == Past:
		w.open(Past, NoKind, r.Within, uint64(t.UnixNano()))
	default:
		w.open(Past, NoKind, time.Hour, uint64(t.UnixNano()))
	}
}

// pointer reports whether what is pointed to is to be written: it was not yet.
func (w *writer) pointer(p unsafe.Pointer) bool {
	if p == nil {
		w.plain(2)
		return false
	}
	if n, ok := w.seen[p]; ok {
		w.plain(3)
		w.plain(n)
		return false
	}
	w.seen[p] = uint64(len(w.seen))
	w.plain(4)
	return true
}

func (w *writer) finish() *Imprint {
	items := make([]item, 0, len(w.items)+1)
	items = append(items, w.items...)
	return &Imprint{items: append(items, item{before: w.acc})}
}

func (w *writer) reset(scope uint8) {
	w.scope, w.acc, w.items = scope, seed, w.items[:0]
	if w.seen == nil {
		w.seen = map[unsafe.Pointer]uint64{}
	}
	clear(w.seen)
}
