package offer

import "math"

// InMilli is an amount in thousandths, rounded as Mesos rounds.
func InMilli(amount float64) Milli { return Milli(math.Round(amount * 1000)) }

// Plus is both together.
func (r Resources) Plus(o Resources) Resources {
	return Resources{CPUs: r.CPUs + o.CPUs, Mem: r.Mem + o.Mem, Disk: r.Disk + o.Disk, GPUs: r.GPUs + o.GPUs}
}

// Minus is what is left; what is not there becomes negative.
func (r Resources) Minus(o Resources) Resources {
	return Resources{CPUs: r.CPUs - o.CPUs, Mem: r.Mem - o.Mem, Disk: r.Disk - o.Disk, GPUs: r.GPUs - o.GPUs}
}

// Within reports whether there is as much of each in what is free.
func (r Resources) Within(free Resources) bool {
	return r.CPUs <= free.CPUs && r.Mem <= free.Mem && r.Disk <= free.Disk && r.GPUs <= free.GPUs
}

// Without is the ranges without a port.
func Without(ranges []PortRange, port uint32) []PortRange {
	var left []PortRange
	for _, rg := range ranges {
		if port < rg.Begin || port > rg.End {
			left = append(left, rg)
			continue
		}
		if rg.Begin < port {
			left = append(left, PortRange{Begin: rg.Begin, End: port - 1})
		}
		if port < rg.End {
			left = append(left, PortRange{Begin: port + 1, End: rg.End})
		}
	}
	return left
}
