package imprint_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/sim/explore/imprint"
)

type leaf struct {
	n    int
	name string
}

type event interface{ event() }

type happened struct{ what string }

func (happened) event() {}

type thing struct {
	plain    int
	text     string
	flag     bool
	share    float64
	raw      []byte
	list     []string
	leaf     *leaf
	again    *leaf
	keyed    map[string]int
	err      error
	event    event
	ignored  int
	sequence uint64
	last     uint64
	ticket   uint64
	calls    map[uint64]string
	id       string
	other    string
	due      time.Time
	since    time.Time
	exact    time.Time
	tries    int
}

func rules() imprint.Rules {
	sequence := imprint.Rule{How: imprint.Ordered, Kind: imprint.Sequence}
	ticket := imprint.Rule{How: imprint.Ordered, Kind: imprint.Ticket}
	named := imprint.Rule{How: imprint.Named}
	return imprint.Rules{
		"imprint_test.thing.ignored":  {How: imprint.Ignored},
		"imprint_test.thing.sequence": sequence,
		"imprint_test.thing.last":     sequence,
		"imprint_test.thing.ticket":   ticket,
		"imprint_test.thing.calls":    {Keys: &ticket},
		"imprint_test.thing.id":       named,
		"imprint_test.thing.other":    named,
		"imprint_test.thing.due":      {How: imprint.Future},
		"imprint_test.thing.since":    {How: imprint.Past, Within: time.Minute},
		"imprint_test.thing.tries":    {How: imprint.Capped, Most: 3},
	}
}

func now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func made() *thing {
	l := &leaf{1, "l"}
	return &thing{
		plain: 1, text: "t", share: 0.5, raw: []byte("r"), list: []string{"a", "b"}, leaf: l, again: l,
		keyed: map[string]int{"a": 1, "b": 2}, event: happened{"x"}, sequence: 3, last: 5, ticket: 2,
		calls: map[uint64]string{2: "two", 4: "four"}, id: "i", other: "i", due: now().Add(time.Second),
		since: now().Add(-time.Second), exact: now().Add(-time.Hour / 2), tries: 1,
	}
}

func sum(t *thing, at time.Time) uint64 {
	var a imprint.Adder
	a.Add(imprint.Of(imprint.New(rules()), 1, t))
	return a.Sum(at)
}

func TestWhatCounts(t *testing.T) {
	for name, change := range map[string]func(*thing){
		"a number":                     func(t *thing) { t.plain++ },
		"a text":                       func(t *thing) { t.text = "u" },
		"a flag":                       func(t *thing) { t.flag = true },
		"a share":                      func(t *thing) { t.share = 0.25 },
		"bytes":                        func(t *thing) { t.raw = []byte("s") },
		"the order of a list":          func(t *thing) { t.list = []string{"b", "a"} },
		"what is pointed to":           func(t *thing) { t.leaf.n++ },
		"a pointer to nothing":         func(t *thing) { t.again = nil },
		"two things instead of one":    func(t *thing) { l := *t.leaf; t.again = &l },
		"a value of a map":             func(t *thing) { t.keyed["a"] = 3 },
		"a key of a map":               func(t *thing) { t.keyed["c"] = 2; delete(t.keyed, "b") },
		"an error":                     func(t *thing) { t.err = errors.New("x") },
		"an event":                     func(t *thing) { t.event = happened{"y"} },
		"no event":                     func(t *thing) { t.event = nil },
		"the order of sequences":       func(t *thing) { t.sequence = 6 },
		"equal sequences":              func(t *thing) { t.sequence = 5 },
		"no sequence":                  func(t *thing) { t.last = 0 },
		"another ticket":               func(t *thing) { t.ticket = 4 },
		"names that are no longer one": func(t *thing) { t.other = "j" },
		"a later time that is to come": func(t *thing) { t.due = now().Add(2 * time.Second) },
		"a time that has come":         func(t *thing) { t.due = now() },
		"never":                        func(t *thing) { t.due = time.Time{} },
		"a longer time ago":            func(t *thing) { t.since = now().Add(-2 * time.Second) },
		"a time that has no rule":      func(t *thing) { t.exact = now().Add(-time.Hour / 3) },
		"more tries":                   func(t *thing) { t.tries = 2 },
	} {
		if changed := made(); true {
			if change(changed); sum(changed, now()) == sum(made(), now()) {
				t.Errorf("%s makes no difference", name)
			}
		}
	}
}

func TestWhatDoesNot(t *testing.T) {
	late := made()
	late.due, late.since = now(), now().Add(-time.Minute)
	for name, change := range map[string]func(*thing){
		"what is ignored":          func(t *thing) { t.ignored++ },
		"later sequences":          func(t *thing) { t.sequence, t.last = 13, 17 },
		"later tickets":            func(t *thing) { t.ticket, t.calls = 7, map[uint64]string{7: "two", 8: "four"} },
		"other names":              func(t *thing) { t.id, t.other = "k", "k" },
		"a copy of what is told":   func(t *thing) { l := *t.leaf; t.leaf, t.again = &l, &l },
		"no list, or an empty one": func(t *thing) { t.list = append(make([]string, 0, 9), t.list...) },
	} {
		changed := made()
		if change(changed); sum(changed, now()) != sum(made(), now()) {
			t.Errorf("%s: it makes a difference", name)
		}
	}
	for name, change := range map[string]func(*thing){
		"a time that has come": func(t *thing) { t.due = now().Add(-time.Hour) },
		"so long ago":          func(t *thing) { t.since = now().Add(-time.Hour) },
	} {
		changed := *late
		if change(&changed); sum(&changed, now()) != sum(late, now()) {
			t.Errorf("%s: it makes a difference", name)
		}
	}
	many, more := made(), made()
	many.tries, more.tries = 3, 300
	if sum(many, now()) != sum(more, now()) {
		t.Error("a number beyond its cap makes a difference")
	}
	then, at := made(), now().Add(time.Hour)
	then.due, then.since, then.exact = at.Add(time.Second), at.Add(-time.Second), at.Add(-time.Hour/2)
	if sum(then, at) != sum(made(), now()) {
		t.Error("the same at another time makes a difference")
	}
}

func TestPartsAreComparedWithEachOther(t *testing.T) {
	maker := imprint.New(rules())
	both := func(a, b *thing, scopes ...uint8) uint64 {
		var adder imprint.Adder
		adder.Add(imprint.Of(maker, scopes[0], a))
		adder.Add(imprint.Of(maker, scopes[1], b))
		return adder.Sum(now())
	}
	later := made()
	later.sequence, later.last = 13, 15
	if both(made(), made(), 1, 2) == both(made(), later, 1, 2) {
		t.Error("two parts at one sequence are as good as at two")
	}
	ticket := made()
	ticket.ticket, ticket.calls = 12, map[uint64]string{12: "two", 14: "four"}
	if both(made(), made(), 1, 2) != both(made(), ticket, 1, 2) {
		t.Error("the tickets of two processes are compared")
	}
	if both(made(), made(), 1, 1) == both(made(), ticket, 1, 1) {
		t.Error("the tickets of one process are not compared")
	}
}

func TestCheckNamesWhatIsNotThere(t *testing.T) {
	r := rules()
	r["imprint_test.thing.gone"] = imprint.Rule{}
	if missing := r.Check(reflect.TypeFor[thing]()); len(missing) != 1 || missing[0] != "imprint_test.thing.gone" {
		t.Errorf("missing are %v", missing)
	}
}
