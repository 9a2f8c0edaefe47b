package ownership_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/ownership"
)

func TestOwnerOfNobody(t *testing.T) {
	if got := ownership.Owner(7, nil); got != "" {
		t.Errorf("owner %q of no members", got)
	}
}

// Who owns what is the same for everyone, in whatever order they are listed, and
// when one goes only its partitions move.
func TestOnlyPartitionsOfALeaverMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,8}-[0-9]{1,3}`), 1, 8, rapid.ID[string]).Draw(t, "members")
		shuffled := rapid.Permutation(members).Draw(t, "shuffled")
		leaver := rapid.SampledFrom(members).Draw(t, "leaver")
		rest := slices.DeleteFunc(slices.Clone(members), func(m string) bool { return m == leaver })
		for p := range uint32(64) {
			owner := ownership.Owner(p, members)
			if !slices.Contains(members, owner) {
				t.Fatalf("partition %d belongs to %q, none of %q", p, owner, members)
			}
			if other := ownership.Owner(p, shuffled); other != owner {
				t.Fatalf("partition %d belongs to %q, and to %q by another order", p, owner, other)
			}
			if after := ownership.Owner(p, rest); owner != leaver && after != owner {
				t.Fatalf("partition %d moved from %q to %q when %q left", p, owner, after, leaver)
			}
		}
	})
}

func TestPartitionsAreSpread(t *testing.T) {
	const partitions, n = 1024, 4
	members, of := []string{}, map[string]int{}
	for i := range n {
		members = append(members, fmt.Sprintf("planner-host-%d", i))
	}
	for p := range uint32(partitions) {
		of[ownership.Owner(p, members)]++
	}
	for _, m := range members {
		if fair := partitions / n; of[m] < fair*3/4 || of[m] > fair*5/4 {
			t.Errorf("%s has %d of %d partitions, a fair part is %d", m, of[m], partitions, fair)
		}
	}
}
