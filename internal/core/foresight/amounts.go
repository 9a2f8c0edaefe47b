package foresight

import (
	"math"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Amounts are those of an event in thousandths.
func Amounts(r events.Resources) offer.Resources {
	milli := func(amount float64) offer.Milli { return offer.Milli(math.Round(amount * 1000)) }
	return offer.Resources{CPUs: milli(r.CPUs), Mem: milli(r.Mem), Disk: milli(r.Disk), GPUs: milli(r.GPUs)}
}

func fits(use, free offer.Resources) bool {
	return use.CPUs <= free.CPUs && use.Mem <= free.Mem && use.Disk <= free.Disk && use.GPUs <= free.GPUs
}

func most(a, b offer.Resources) offer.Resources {
	return offer.Resources{CPUs: max(a.CPUs, b.CPUs), Mem: max(a.Mem, b.Mem), Disk: max(a.Disk, b.Disk), GPUs: max(a.GPUs, b.GPUs)}
}

func plus(a, b offer.Resources) offer.Resources {
	return offer.Resources{CPUs: a.CPUs + b.CPUs, Mem: a.Mem + b.Mem, Disk: a.Disk + b.Disk, GPUs: a.GPUs + b.GPUs}
}

func minus(a, b offer.Resources) offer.Resources {
	return offer.Resources{CPUs: a.CPUs - b.CPUs, Mem: a.Mem - b.Mem, Disk: a.Disk - b.Disk, GPUs: a.GPUs - b.GPUs}
}

// without takes a port out of ranges.
func without(ranges []offer.PortRange, p uint32) []offer.PortRange {
	var left []offer.PortRange
	for _, rg := range ranges {
		if p < rg.Begin || p > rg.End {
			left = append(left, rg)
			continue
		}
		if rg.Begin < p {
			left = append(left, offer.PortRange{Begin: rg.Begin, End: p - 1})
		}
		if p < rg.End {
			left = append(left, offer.PortRange{Begin: p + 1, End: rg.End})
		}
	}
	return left
}
