package resource

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// Format is how resources are written for a reader.
type Format struct {
	// Allocation is the role they are allocated to; empty leaves it out.
	Allocation string
	// Refined writes reservations instead of role and reservation.
	Refined bool
	// Endpoint is for the answers that operators get: reservations, and beside
	// them role and reservation where one reservation or none says it all.
	Endpoint bool
}

// Messages returns s in the given format.
func (s Set) Messages(f Format) []mesos.Resource {
	out := make([]mesos.Resource, 0, len(s.entries))
	for _, e := range s.entries {
		r := e.kind
		if f.Allocation != "" {
			r.AllocationInfo = &mesos.Resource_AllocationInfo{Role: &f.Allocation}
		}
		switch {
		case len(e.ranges) > 0:
			r.Ranges = &mesos.Value_Ranges{Range: slices.Clone(e.ranges)}
		case len(e.items) > 0:
			r.Set = &mesos.Value_Set{Item: slices.Clone(e.items)}
		default:
			r.Scalar = &mesos.Value_Scalar{Value: e.scalar.Float()}
		}
		if !f.Refined {
			kept := r.Reservations
			r = downgrade(r)
			if f.Endpoint {
				r.Reservations = kept
			}
		}
		out = append(out, r)
	}
	return out
}

// downgrade writes at most one reservation as role and reservation.
func downgrade(r mesos.Resource) mesos.Resource {
	role := "*"
	if len(r.Reservations) == 1 {
		info := r.Reservations[0]
		role = info.GetRole()
		if info.GetType() == mesos.Resource_ReservationInfo_DYNAMIC {
			r.Reservation = &mesos.Resource_ReservationInfo{Principal: info.Principal, Labels: info.Labels}
		}
	}
	if len(r.Reservations) <= 1 {
		r.Role, r.Reservations = &role, nil
	}
	return r
}

// String returns the short text form of Mesos, with the role that the set is
// allocated to: "cpus(allocated: *):0.1; mem(allocated: *):32".
func (s Set) String() string { return s.Text("") }

// Text is String with an allocation role.
func (s Set) Text(allocation string) string {
	if s.Empty() {
		return "{}"
	}
	parts := make([]string, 0, len(s.entries))
	for _, r := range s.Messages(Format{Allocation: allocation, Refined: true}) {
		parts = append(parts, Text(r))
	}
	return strings.Join(parts, "; ")
}

// Text returns the short text form of one resource.
func Text(r mesos.Resource) string {
	var b strings.Builder
	b.WriteString(r.Name)
	if r.AllocationInfo != nil {
		fmt.Fprintf(&b, "(allocated: %s)", r.AllocationInfo.GetRole())
	}
	if len(r.Reservations) > 0 {
		b.WriteString("(reservations: [")
		for i, info := range r.Reservations {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "(%s,%s", info.GetType(), info.GetRole())
			if info.Principal != nil {
				b.WriteString("," + info.GetPrincipal())
			}
			b.WriteByte(')')
		}
		b.WriteString("])")
	}
	b.WriteByte(':')
	b.WriteString(valueText(r))
	return b.String()
}

func valueText(r mesos.Resource) string {
	switch r.GetType() {
	case mesos.SCALAR:
		return strconv.FormatFloat(ToMilli(r.GetScalar().GetValue()).Float(), 'f', -1, 64)
	case mesos.RANGES:
		var parts []string
		for _, g := range r.GetRanges().GetRange() {
			parts = append(parts, fmt.Sprintf("%d-%d", g.Begin, g.End))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case mesos.SET:
		return "{" + strings.Join(r.GetSet().GetItem(), ", ") + "}"
	case mesos.TEXT:
	}
	return ""
}
