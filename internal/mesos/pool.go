package mesos

import (
	"fmt"
	"math"
	"slices"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/core/offer"
)

// Mesos' names of the resources that taurus knows.
const (
	resourceCPUs  = "cpus"
	resourceMem   = "mem"
	resourceDisk  = "disk"
	resourceGPUs  = "gpus"
	resourcePorts = "ports"
)

// pool is what is left of the offers of one ACCEPT.
type pool struct {
	agentID, role string
	// pieces are in the order in which they are used: reserved ones first, those of the
	// narrowest role before them all, as the fewest others could use them.
	pieces []piece
}

// piece is one Resource of an offer and what is left of it.
type piece struct {
	res   mesos.Resource
	milli offer.Milli
	ports []offer.PortRange
}

// usable reports whether taurus may launch tasks on a resource as on any other:
// not on revocable or shared ones, persistent volumes and special disks.
func usable(r *mesos.Resource) bool {
	return r.Revocable == nil && r.Shared == nil && r.Disk == nil && r.ProviderID == nil
}

func milli(r *mesos.Resource) offer.Milli {
	return offer.Milli(math.Round(r.GetScalar().GetValue() * 1000))
}

func portRanges(r *mesos.Resource) []offer.PortRange {
	var ranges []offer.PortRange
	for _, w := range r.GetRanges().GetRange() {
		if w.Begin <= w.End && w.End <= math.MaxUint16 {
			ranges = append(ranges, offer.PortRange{Begin: uint32(w.Begin), End: uint32(w.End)})
		}
	}
	return ranges
}

// total is what the usable resources of an offer add up to, and what of it is reserved.
func total(resources []mesos.Resource) (sum, kept offer.Resources, ports []offer.PortRange) {
	for i := range resources {
		r := &resources[i]
		if !usable(r) {
			continue
		}
		addTo(&sum, r)
		if len(r.Reservations) > 0 {
			addTo(&kept, r)
		}
		if r.Name == resourcePorts {
			ports = append(ports, portRanges(r)...)
		}
	}
	return sum, kept, ports
}

func addTo(sum *offer.Resources, r *mesos.Resource) {
	switch r.Name {
	case resourceCPUs:
		sum.CPUs += milli(r)
	case resourceMem:
		sum.Mem += milli(r)
	case resourceDisk:
		sum.Disk += milli(r)
	case resourceGPUs:
		sum.GPUs += milli(r)
	}
}

// add puts the usable resources of an offer into the pool.
func (p *pool) add(resources []mesos.Resource) {
	for i := range resources {
		if r := resources[i]; usable(&r) {
			p.pieces = append(p.pieces, piece{res: r, milli: milli(&r), ports: portRanges(&r)})
		}
	}
	slices.SortStableFunc(p.pieces, func(a, b piece) int {
		return reserved(b) - reserved(a)
	})
}

// reserved counts the reservations of a piece: one for a role within another's is
// narrower than that.
func reserved(p piece) int { return len(p.res.Reservations) }

// take cuts resources and ports out of the pool. After an error the pool is
// spoilt.
func (p *pool) take(want offer.Resources, ports []uint32) ([]mesos.Resource, error) {
	var taken []mesos.Resource
	for _, w := range []struct {
		name string
		want offer.Milli
	}{
		{resourceCPUs, want.CPUs},
		{resourceMem, want.Mem},
		{resourceDisk, want.Disk},
		{resourceGPUs, want.GPUs},
	} {
		got, err := p.takeScalar(w.name, w.want)
		if err != nil {
			return nil, err
		}
		taken = append(taken, got...)
	}
	got, err := p.takePorts(ports)
	if err != nil {
		return nil, err
	}
	return append(taken, got...), nil
}

func (p *pool) takeScalar(name string, want offer.Milli) ([]mesos.Resource, error) {
	if want < 0 {
		return nil, fmt.Errorf("%w: %s is negative", ErrLaunchInvalid, name)
	}
	var taken []mesos.Resource
	for i := range p.pieces {
		pc := &p.pieces[i]
		if want == 0 {
			break
		}
		if pc.res.Name != name || pc.milli <= 0 {
			continue
		}
		part := min(want, pc.milli)
		pc.milli -= part
		want -= part
		cut := pc.res
		cut.Scalar = &mesos.Value_Scalar{Value: float64(part) / 1000}
		taken = append(taken, cut)
	}
	if want > 0 {
		return nil, fmt.Errorf("%w: %s short by %.3f", ErrInsufficient, name, float64(want)/1000)
	}
	return taken, nil
}

// takePorts cuts each port out once: a task may use it for tcp and for udp, and Mesos
// refuses ranges that overlap.
func (p *pool) takePorts(ports []uint32) ([]mesos.Resource, error) {
	cut := map[int][]uint32{}
	ports = slices.Sorted(slices.Values(ports))
	for _, port := range slices.Compact(ports) {
		i := slices.IndexFunc(p.pieces, func(pc piece) bool {
			return pc.res.Name == resourcePorts && holds(pc.ports, port)
		})
		if i < 0 {
			return nil, fmt.Errorf("%w: port %d", ErrInsufficient, port)
		}
		p.pieces[i].ports = offer.Without(p.pieces[i].ports, port)
		cut[i] = append(cut[i], port)
	}
	var taken []mesos.Resource
	for i, pc := range p.pieces {
		if len(cut[i]) > 0 {
			res := pc.res
			res.Ranges = &mesos.Value_Ranges{Range: joined(cut[i])}
			taken = append(taken, res)
		}
	}
	return taken, nil
}

func holds(ranges []offer.PortRange, port uint32) bool {
	return slices.ContainsFunc(ranges, func(r offer.PortRange) bool { return r.Begin <= port && port <= r.End })
}

// joined makes as few ranges as there can be of ports.
func joined(ports []uint32) []mesos.Value_Range {
	slices.Sort(ports)
	var ranges []mesos.Value_Range
	for _, p := range ports {
		port := uint64(p)
		if n := len(ranges); n > 0 && ranges[n-1].End+1 == port {
			ranges[n-1].End = port
			continue
		}
		ranges = append(ranges, mesos.Value_Range{Begin: port, End: port})
	}
	return ranges
}
