package natsserver

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/ready"
)

// CheckDisk is the check of the disk that the store is on.
const CheckDisk = "disk"

// Checks say more than Ready does: how much room the disk has.
func (s *Server) Checks() []ready.Check {
	d, err := diskOf(s.store)
	return []ready.Check{ready.Work(s.Ready()), diskCheck(d, err)}
}

// diskCheck warns before a disk is full. That it has refused a write is for Ready,
// and ends by itself once there is room.
func diskCheck(d disk, unknown error) ready.Check {
	c := ready.Check{Name: CheckDisk, Detail: fmt.Sprintf("the disk of the store has %d MiB of %d free", d.free>>20, d.size>>20)}
	switch {
	case unknown != nil:
		c.Level, c.Detail = ready.Warn, unknown.Error()
	case d.free < d.wanted():
		c.Level, c.Detail = ready.Warn, c.Detail+": make room, or soon it will refuse a write"
	}
	return c
}
