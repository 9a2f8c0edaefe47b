package ranges_test

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// attempt is one of a slot.
type attempt struct{ slot, number uint32 }

func compare(a, b attempt) int {
	return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.number, b.number))
}

// named are the attempts that ranges name, in order.
func named(list []events.SlotRange) []attempt {
	var all []attempt
	for slot, number := range ranges.All(list) {
		all = append(all, attempt{slot, number})
	}
	slices.SortFunc(all, compare)
	return all
}

func TestMerge(t *testing.T) {
	const top = ranges.SlotEnd - 1
	for _, c := range []struct {
		name string
		add  []attempt
		want []events.SlotRange
	}{
		{"nothing", nil, nil},
		{"one", []attempt{{3, 1}}, []events.SlotRange{{From: 3, To: 3, Attempt: 1}}},
		{"neighbours", []attempt{{0, 1}, {1, 1}, {2, 1}}, []events.SlotRange{{From: 0, To: 2, Attempt: 1}}},
		{"a gap", []attempt{{0, 1}, {2, 1}}, []events.SlotRange{{From: 0, To: 0, Attempt: 1}, {From: 2, To: 2, Attempt: 1}}},
		{"another attempt", []attempt{{0, 1}, {1, 2}, {2, 2}}, []events.SlotRange{{From: 0, To: 0, Attempt: 1}, {From: 1, To: 2, Attempt: 2}}},
		{
			"two attempts side by side",
			[]attempt{{0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}},
			[]events.SlotRange{{From: 0, To: 1, Attempt: 1}, {From: 0, To: 2, Attempt: 2}},
		},
		{"between two of another", []attempt{{0, 1}, {1, 2}, {2, 1}}, []events.SlotRange{
			{From: 0, To: 0, Attempt: 1}, {From: 1, To: 1, Attempt: 2}, {From: 2, To: 2, Attempt: 1},
		}},
		{"the highest", []attempt{{top - 1, 1}, {top, 1}}, []events.SlotRange{{From: top - 1, To: top, Attempt: 1}}},
		{"the lowest does not follow the highest", []attempt{{top, 1}, {0, 1}}, []events.SlotRange{
			{From: top, To: top, Attempt: 1}, {From: 0, To: 0, Attempt: 1},
		}},
	} {
		var b ranges.Builder
		if !b.Empty() {
			t.Errorf("%s: not empty at first", c.name)
		}
		for _, a := range c.add {
			if !b.Add(a.slot, a.number) {
				t.Errorf("%s: %+v does not fit", c.name, a)
			}
		}
		if got := b.Ranges(); !slices.Equal(got, c.want) || b.Empty() != (len(c.want) == 0) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestMergeAndName: what was added is named, each attempt once and none else, and
// with fewer ranges it could not be: two of one attempt never touch.
func TestMergeAndName(t *testing.T) {
	one := rapid.Custom(func(t *rapid.T) attempt {
		return attempt{rapid.Uint32Max(30).Draw(t, "slot"), rapid.Uint32Range(1, 3).Draw(t, "attempt")}
	})
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfDistinct(one, func(a attempt) attempt { return a }).Draw(t, "attempts")
		slices.SortFunc(all, compare)
		var b ranges.Builder
		for _, a := range all {
			if !b.Add(a.slot, a.number) {
				t.Fatalf("%+v does not fit", a)
			}
		}
		if got := named(b.Ranges()); !slices.Equal(got, all) {
			t.Fatalf("%v name %v, added were %v", b.Ranges(), got, all)
		}
		ends := map[attempt]bool{}
		for _, r := range b.Ranges() {
			ends[attempt{r.To, r.Attempt}] = true
		}
		for _, r := range b.Ranges() {
			if r.From > 0 && ends[attempt{r.From - 1, r.Attempt}] {
				t.Fatalf("%v: two of attempt %d touch at slot %d", b.Ranges(), r.Attempt, r.From)
			}
		}
	})
}

// TestMax: beyond it only what needs no range more is added, and all of the rest
// comes with the next builders.
func TestMax(t *testing.T) {
	var left []attempt
	for n := range uint32(ranges.Max + 5) {
		left = append(left, attempt{3 * n, 1}, attempt{3*n + 1, 1})
	}
	seen := map[attempt]bool{}
	for _, want := range []int{ranges.Max, 5, 0} {
		var b ranges.Builder
		var refused []attempt
		for _, a := range left {
			if !b.Add(a.slot, a.number) {
				refused = append(refused, a)
			}
		}
		if len(b.Ranges()) != want || len(refused) != len(left)-2*want {
			t.Errorf("%d ranges, %d of %d left; want %d ranges", len(b.Ranges()), len(refused), len(left), want)
		}
		for _, a := range named(b.Ranges()) {
			if seen[a] {
				t.Errorf("%+v is named twice", a)
			}
			seen[a] = true
		}
		left = refused
	}
	if len(left) > 0 || len(seen) != 2*(ranges.Max+5) {
		t.Errorf("%d named, %d left", len(seen), len(left))
	}
}

// TestAllStops where its reader does, and skips a range that is none.
func TestAllStops(t *testing.T) {
	list := []events.SlotRange{{From: 5, To: 4, Attempt: 1}, {From: math.MaxUint32, To: math.MaxUint32, Attempt: 1}, {From: 0, To: math.MaxUint32, Attempt: 2}}
	var got []attempt
	for slot, number := range ranges.All(list) {
		got = append(got, attempt{slot, number})
		if len(got) == 3 {
			break
		}
	}
	if want := []attempt{{math.MaxUint32, 1}, {0, 2}, {1, 2}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestCheck: what a builder makes is fine, and nothing that names more than that; All
// comes to an end whatever it is given.
func TestCheck(t *testing.T) {
	var b ranges.Builder
	for slot := range uint32(ranges.SlotsMax) {
		if !b.Add(slot, 1) {
			t.Fatalf("slot %d does not fit", slot)
		}
	}
	if b.Add(ranges.SlotsMax, 1) || b.Add(0, 2) {
		t.Error("more fits than an event may name")
	}
	if err := ranges.Check(b.Ranges()); err != nil || ranges.Count(b.Ranges()) != ranges.SlotsMax {
		t.Errorf("%d named: %v", ranges.Count(b.Ranges()), err)
	}
	for _, one := range []attempt{{ranges.SlotEnd, 1}, {0, 0}, {0, ranges.AttemptMax + 1}} {
		if b := (ranges.Builder{}); b.Add(one.slot, one.number) {
			t.Errorf("%+v fits", one)
		}
	}
	for name, list := range map[string][]events.SlotRange{
		"all there can be":  {{From: 0, To: math.MaxUint32, Attempt: 1}},
		"a million":         {{From: 0, To: 999_999, Attempt: 1}},
		"many that overlap": slices.Repeat([]events.SlotRange{{From: 0, To: 9999, Attempt: 1}}, 11),
		"too many":          slices.Repeat([]events.SlotRange{{From: 0, To: 0, Attempt: 1}}, ranges.Max+1),
		"backwards":         {{From: 1, To: 0, Attempt: 1}},
		"no attempt":        {{From: 0, To: 0}},
	} {
		if ranges.Check(list) == nil {
			t.Errorf("%s: nothing is wrong with it", name)
		}
		n := 0
		for range ranges.All(list) {
			n++
		}
		if n > ranges.SlotsMax {
			t.Errorf("%s: %d are listed", name, n)
		}
	}
}
