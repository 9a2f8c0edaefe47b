package conformance_test

import (
	"slices"
	"strings"
)

// known is a difference from the real Mesos that is there to this day. It is
// logged instead of failing the check. When it is gone, the check fails until
// its entry is removed.
type known struct {
	part string // of the difference's text
	why  string
	rare bool // not in every run
	seen bool
}

// knownDifferences are those of one check.
func knownDifferences(check int) []*known {
	all := []struct {
		checks []int
		known  known
	}{
		{[]int{81}, known{part: "resource_statistics.", why: "statistics have cpus_soft_limit and mem_rss_bytes, no cpus_limit (section 7.2)"}},
	}
	var out []*known
	for _, d := range all {
		if slices.Contains(d.checks, check) {
			k := d.known
			out = append(out, &k)
		}
	}
	return out
}

// knownDifference finds the entry of a difference, or nil.
func (r *replay) knownDifference(text string) *known {
	i := slices.IndexFunc(r.known, func(k *known) bool { return strings.Contains(text, k.part) })
	if i < 0 {
		return nil
	}
	return r.known[i]
}

// nothingKnownIsGone fails for entries whose difference was not seen.
func (r *replay) nothingKnownIsGone() {
	r.t.Helper()
	for _, k := range r.known {
		if !k.seen && !k.rare {
			r.t.Errorf("the known difference %q, %s, is gone: remove its entry", k.part, k.why)
		}
	}
}
