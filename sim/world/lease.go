package world

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/leading"
)

const nobody = -1

// Lease is who may try to lead. Its holder keeps it for as long as it lives and
// reaches the log.
type Lease struct {
	// Holder is the index of the process that has it, nobody's is -1.
	Holder int
	Life   uint64
	// Until is when it runs out; zero while its holder renews it.
	Until time.Time
}

// bereave has a lease run out whose holder has died.
func (l *Lease) bereave(process int, life uint64, until time.Time) {
	if l.Holder == process && l.Life == life && l.Until.IsZero() {
		l.Until = until
	}
}

func (l *Lease) free(now time.Time) bool {
	return l.Holder == nobody || !l.Until.IsZero() && !now.Before(l.Until)
}

func (l *Lease) held(process int, life uint64) bool { return l.Holder == process && l.Life == life }

// LoseLease has the holder of the lease not keep it.
func (w *World) LoseLease() {
	l := w.Lease
	if l.Holder == nobody {
		return
	}
	w.Lease = Lease{Holder: nobody}
	if p := w.Processes[l.Holder]; p.Alive && p.Life == l.Life {
		w.Tell(l.Holder, leading.LeaseLost{})
	}
}
