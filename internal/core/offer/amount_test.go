package offer_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/offer"
)

func resources(t *rapid.T, name string) offer.Resources {
	amount := func(of string) offer.Milli { return offer.Milli(rapid.Int64Range(0, 1<<40).Draw(t, name+of)) }
	return offer.Resources{CPUs: amount("cpus"), Mem: amount("mem"), Disk: amount("disk"), GPUs: amount("gpus")}
}

func TestAmounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := resources(t, "a"), resources(t, "b")
		if a.Plus(b).Minus(b) != a || !a.Within(a.Plus(b)) || !b.Within(a.Plus(b)) {
			t.Fatalf("%+v and %+v", a, b)
		}
		if left := b.Minus(a); a.Within(b) != (left.CPUs >= 0 && left.Mem >= 0 && left.Disk >= 0 && left.GPUs >= 0) {
			t.Fatalf("%+v within %+v", a, b)
		}
	})
	if got := offer.InMilli(0.1 + 0.2); got != 300 {
		t.Errorf("%d", got)
	}
}

func TestWithout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []uint32
		var ranges []offer.PortRange
		next := uint32(0)
		for range rapid.IntRange(0, 4).Draw(t, "ranges") {
			begin := next + rapid.Uint32Range(0, 3).Draw(t, "gap")
			end := begin + rapid.Uint32Range(0, 4).Draw(t, "length")
			ranges, next = append(ranges, offer.PortRange{Begin: begin, End: end}), end+2
			for p := begin; p <= end; p++ {
				all = append(all, p)
			}
		}
		port := rapid.Uint32Range(0, next+1).Draw(t, "port")
		want := slices.DeleteFunc(slices.Clone(all), func(p uint32) bool { return p == port })
		var got []uint32
		for _, rg := range offer.Without(ranges, port) {
			for p := rg.Begin; p <= rg.End; p++ {
				got = append(got, p)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v without %d is %v", all, port, got)
		}
	})
}
