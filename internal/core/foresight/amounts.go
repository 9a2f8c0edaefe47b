package foresight

import (
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Amounts are those of an event in thousandths.
func Amounts(r events.Resources) offer.Resources {
	return offer.Resources{CPUs: offer.InMilli(r.CPUs), Mem: offer.InMilli(r.Mem), Disk: offer.InMilli(r.Disk), GPUs: offer.InMilli(r.GPUs)}
}

func most(a, b offer.Resources) offer.Resources {
	return offer.Resources{CPUs: max(a.CPUs, b.CPUs), Mem: max(a.Mem, b.Mem), Disk: max(a.Disk, b.Disk), GPUs: max(a.GPUs, b.GPUs)}
}
