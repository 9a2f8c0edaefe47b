package backoff_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/backoff"
)

func TestAfter(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name string
		wait backoff.Wait
		want map[int]time.Duration
	}{
		{"doubles and is capped", backoff.Wait{First: s, Max: 10 * s}, map[int]time.Duration{
			1: s, 2: 2 * s, 3: 4 * s, 4: 8 * s, 5: 10 * s, 6: 10 * s, 100: 10 * s, math.MaxInt: 10 * s,
		}},
		{"reaches its maximum exactly", backoff.Wait{First: s, Max: 4 * s}, map[int]time.Duration{1: s, 2: 2 * s, 3: 4 * s, 4: 4 * s}},
		{"does not grow", backoff.Wait{First: s, Max: s}, map[int]time.Duration{1: s, 2: s, math.MaxInt: s}},
		{"a maximum below the first", backoff.Wait{First: 3 * s, Max: s}, map[int]time.Duration{1: s, 2: s}},
		{"no failure", backoff.Wait{First: s, Max: 4 * s}, map[int]time.Duration{0: 0, -1: 0, math.MinInt: 0}},
		{"negative", backoff.Wait{First: -s, Max: s}, map[int]time.Duration{1: 0, 2: 0, math.MaxInt: 0}},
		{"a negative maximum", backoff.Wait{First: s, Max: -s}, map[int]time.Duration{1: 0, 2: 0, math.MaxInt: 0}},
		{"never waits", backoff.Wait{}, map[int]time.Duration{1: 0, 2: 0, math.MaxInt: 0}},
		{"nothing to double", backoff.Wait{Max: s}, map[int]time.Duration{1: 0, 2: 0, math.MaxInt: 0}},
		{"without overflow", backoff.Wait{First: s, Max: math.MaxInt64}, map[int]time.Duration{
			34: 1 << 33 * s, 35: math.MaxInt64, 64: math.MaxInt64, 65: math.MaxInt64, math.MaxInt: math.MaxInt64,
		}},
	} {
		for n, want := range c.want {
			if got := c.wait.After(n); got != want {
				t.Errorf("%s: after %d failures %s, want %s", c.name, n, got, want)
			}
		}
	}
}

// TestAfterIsAPower of two, computed in numbers without a bound.
func TestAfterIsAPower(t *testing.T) {
	duration := rapid.OneOf(rapid.Int64Range(1, math.MaxInt64), rapid.Int64Range(1, 1000))
	rapid.Check(t, func(t *rapid.T) {
		w := backoff.Wait{First: time.Duration(duration.Draw(t, "first")), Max: time.Duration(duration.Draw(t, "max"))}
		n := rapid.IntRange(1, 200).Draw(t, "n")
		want := new(big.Int).Lsh(big.NewInt(int64(w.First)), uint(n-1))
		if longest := big.NewInt(int64(w.Max)); want.Cmp(longest) > 0 {
			want = longest
		}
		if got := w.After(n); int64(got) != want.Int64() {
			t.Fatalf("%+v after %d: %d, want %s", w, n, got, want)
		}
	})
}
