package levenshtein_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/levenshtein"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 3, 0},
		{"image", "image", 3, 0},
		{"imgae", "image", 3, 2},
		{"imag", "image", 3, 1},
		{"images", "image", 3, 1},
		{"inage", "image", 3, 1},
		{"kitten", "sitting", 9, 3},
		{"kitten", "sitting", 3, 3},
		{"kitten", "sitting", 2, 2},
		{"", "abc", 9, 3},
		{"abc", "", 2, 2},
	} {
		if got := levenshtein.Distance(c.a, c.b, c.limit); got != c.want {
			t.Errorf("from %q to %q below %d: got %d, want %d", c.a, c.b, c.limit, got, c.want)
		}
	}
}

// TestDistanceIsAMetric: it is zero for equal names only, the same both ways, and
// never longer than a way round.
func TestDistanceIsAMetric(t *testing.T) {
	const far = 100
	name := rapid.StringMatching("[a-c]{0,6}")
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c")
		ab := levenshtein.Distance(a, b, far)
		if (ab == 0) != (a == b) {
			t.Fatalf("%q and %q are %d apart", a, b, ab)
		}
		if back := levenshtein.Distance(b, a, far); back != ab {
			t.Fatalf("%d there, %d back", ab, back)
		}
		if round := levenshtein.Distance(a, c, far) + levenshtein.Distance(c, b, far); ab > round {
			t.Fatalf("%d, but %d by way of %q", ab, round, c)
		}
	})
}
