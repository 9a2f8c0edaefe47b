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
		parts := make([]string, len(r.Reservations))
		for i := range r.Reservations {
			parts[i] = "(" + reservationText(&r.Reservations[i]) + ")"
		}
		b.WriteString("(reservations: [" + strings.Join(parts, ",") + "])")
	}
	if r.Disk != nil {
		b.WriteString("[" + diskText(r.Disk) + "]")
	}
	if r.Revocable != nil {
		b.WriteString("{REV}")
	}
	if r.Shared != nil {
		b.WriteString("<SHARED>")
	}
	b.WriteByte(':')
	b.WriteString(valueText(r))
	return b.String()
}

func reservationText(info *mesos.Resource_ReservationInfo) string {
	text := info.GetType().String() + "," + info.GetRole()
	if info.Principal != nil {
		text += "," + info.GetPrincipal()
	}
	if info.Labels != nil {
		text += "," + labelsText(info.Labels)
	}
	return text
}

func labelsText(labels *mesos.Labels) string {
	parts := make([]string, 0, len(labels.GetLabels()))
	for _, l := range labels.GetLabels() {
		part := l.Key
		if l.Value != nil {
			part += ": " + l.GetValue()
		}
		parts = append(parts, part)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// diskText is source, persistence id and volume of a disk.
func diskText(d *mesos.Resource_DiskInfo) string {
	var parts []string
	if s := d.Source; s != nil {
		text := s.Type.String()
		switch {
		case s.ID != nil || s.Profile != nil:
			text += "(" + s.GetVendor() + "," + s.GetID() + "," + s.GetProfile() + ")"
		case s.Type == mesos.Resource_DiskInfo_Source_MOUNT && s.GetMount().GetRoot() != "":
			text += ":" + s.GetMount().GetRoot()
		case s.Type == mesos.Resource_DiskInfo_Source_PATH && s.GetPath().GetRoot() != "":
			text += ":" + s.GetPath().GetRoot()
		}
		parts = append(parts, text)
	}
	if d.Persistence != nil {
		parts = append(parts, d.Persistence.ID)
	}
	text := strings.Join(parts, ",")
	if d.Volume != nil {
		text += ":" + volumeText(d.Volume)
	}
	return text
}

func volumeText(v *mesos.Volume) string {
	if v.HostPath == nil {
		return v.ContainerPath
	}
	return v.GetHostPath() + ":" + v.ContainerPath + ":" + strings.ToLower(v.GetMode().String())
}

func valueText(r mesos.Resource) string {
	switch r.GetType() {
	case mesos.SCALAR:
		const digits = 15
		return strconv.FormatFloat(ToMilli(r.GetScalar().GetValue()).Float(), 'g', digits, 64)
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
