package cluster

import "slices"

// RejectionsKept is how many of the newest rejections a state keeps.
const RejectionsKept = 16

// Rejections are the records that were rejected: how many, and the newest.
type Rejections struct {
	Count uint64
	// Newest are at most RejectionsKept, in order. It is never changed in place.
	Newest []Rejection
}

// Rejection is a record that was rejected.
type Rejection struct {
	Sequence uint64
	Subject  string
	Reason   string
}

func (r *Rejections) add(one Rejection) {
	r.Count++
	kept := r.Newest[max(0, len(r.Newest)-RejectionsKept+1):]
	r.Newest = append(slices.Clone(kept), one)
}
