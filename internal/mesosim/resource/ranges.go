package resource

import (
	"slices"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// coalesce returns ranges in order, those that touch or overlap as one.
func coalesce(rs []mesos.Value_Range) []mesos.Value_Range {
	rs = slices.Clone(rs)
	slices.SortFunc(rs, func(a, b mesos.Value_Range) int {
		switch {
		case a.Begin < b.Begin:
			return -1
		case a.Begin > b.Begin:
			return 1
		}
		return 0
	})
	var out []mesos.Value_Range
	for _, r := range rs {
		if n := len(out); n > 0 && r.Begin <= out[n-1].End+1 {
			out[n-1].End = max(out[n-1].End, r.End)
			continue
		}
		out = append(out, r)
	}
	return out
}

// subtract returns from without rs.
func subtract(from, rs []mesos.Value_Range) []mesos.Value_Range {
	out := from
	for _, r := range rs {
		var next []mesos.Value_Range
		for _, f := range out {
			if r.End < f.Begin || r.Begin > f.End {
				next = append(next, f)
				continue
			}
			if f.Begin < r.Begin {
				next = append(next, mesos.Value_Range{Begin: f.Begin, End: r.Begin - 1})
			}
			if f.End > r.End {
				next = append(next, mesos.Value_Range{Begin: r.End + 1, End: f.End})
			}
		}
		out = next
	}
	return out
}
