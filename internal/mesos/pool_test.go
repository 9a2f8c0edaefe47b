package mesos

import (
	"errors"
	"slices"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/offer"
)

// genResources draws the resources of an offer: any split of scalars over
// reserved and unreserved, and ports without overlap.
func genResources(t *rapid.T) []mesos.Resource {
	var all []mesos.Resource
	for range rapid.IntRange(1, 6).Draw(t, "scalars") {
		name := rapid.SampledFrom([]string{resourceCPUs, resourceMem, resourceDisk, resourceGPUs}).Draw(t, "name")
		value := float64(rapid.IntRange(1, 5000).Draw(t, "milli")) / 1000
		if rapid.Bool().Draw(t, "reserved") {
			all = append(all, scalar(name, value, "r"))
		} else {
			all = append(all, scalar(name, value))
		}
	}
	begin := uint64(31000)
	for range rapid.IntRange(0, 4).Draw(t, "ranges") {
		end := begin + rapid.Uint64Range(0, 5).Draw(t, "width")
		r := portsResource(mesos.Value_Range{Begin: begin, End: end})
		if rapid.Bool().Draw(t, "reserved ports") {
			r.Reservations = scalar("", 0, "r").Reservations
		}
		all = append(all, r)
		begin = end + rapid.Uint64Range(1, 3).Draw(t, "gap")
	}
	return all
}

// What tasks take adds up to what they asked for, to the thousandth, and with
// what is left to what was offered.
func TestPoolTakesExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offered := genResources(t)
		have, kept, ranges := total(offered)
		p := &pool{}
		p.add(offered)
		left, free := have, expand(ranges)
		for range rapid.IntRange(1, 4).Draw(t, "tasks") {
			want := offer.Resources{
				CPUs: part(t, left.CPUs), Mem: part(t, left.Mem), Disk: part(t, left.Disk), GPUs: part(t, left.GPUs),
			}
			ports := rapid.Permutation(free).Draw(t, "ports")
			ports = ports[:rapid.IntRange(0, len(ports)).Draw(t, "count")]
			got, err := p.take(want, ports)
			if err != nil {
				t.Fatalf("take %+v %v: %v", want, ports, err)
			}
			sum, used, taken := total(got)
			if sum != want {
				t.Fatalf("took %+v, want %+v", sum, want)
			}
			// As the matcher has it: of what is reserved first.
			first := offer.Resources{
				CPUs: min(want.CPUs, kept.CPUs), Mem: min(want.Mem, kept.Mem), Disk: min(want.Disk, kept.Disk), GPUs: min(want.GPUs, kept.GPUs),
			}
			if used != first {
				t.Fatalf("took %+v of what is reserved, want %+v of %+v", used, first, kept)
			}
			kept = offer.Resources{CPUs: kept.CPUs - used.CPUs, Mem: kept.Mem - used.Mem, Disk: kept.Disk - used.Disk, GPUs: kept.GPUs - used.GPUs}
			if sorted := slices.Sorted(slices.Values(ports)); !slices.Equal(expand(taken), sorted) {
				t.Fatalf("took ports %v, want %v", expand(taken), sorted)
			}
			for _, r := range got {
				checkPiece(t, r, offered)
			}
			left = offer.Resources{CPUs: left.CPUs - want.CPUs, Mem: left.Mem - want.Mem, Disk: left.Disk - want.Disk, GPUs: left.GPUs - want.GPUs}
			free = slices.DeleteFunc(free, func(port uint32) bool { return slices.Contains(ports, port) })
		}
		over := left
		over.CPUs++
		if _, err := p.take(over, nil); !errors.Is(err, ErrInsufficient) {
			t.Fatalf("took more than there is: %v", err)
		}
	})
}

// checkPiece wants a piece to be of one of the offered resources, not empty,
// with its reservation and allocation.
func checkPiece(t *rapid.T, got mesos.Resource, offered []mesos.Resource) {
	t.Helper()
	if got.Scalar.GetValue() <= 0 && len(got.GetRanges().GetRange()) == 0 {
		t.Fatalf("empty piece %v", got)
	}
	ok := slices.ContainsFunc(offered, func(o mesos.Resource) bool {
		return o.Name == got.Name && len(o.Reservations) == len(got.Reservations) &&
			o.GetScalar().GetValue() >= got.GetScalar().GetValue() &&
			o.GetAllocationInfo().GetRole() == got.GetAllocationInfo().GetRole()
	})
	if !ok {
		t.Fatalf("piece %v was not offered", got)
	}
}

func part(t *rapid.T, m offer.Milli) offer.Milli {
	return offer.Milli(rapid.Int64Range(0, int64(m)).Draw(t, "part"))
}

func expand(ranges []offer.PortRange) []uint32 {
	var ports []uint32
	for _, r := range ranges {
		for port := r.Begin; port <= r.End; port++ {
			ports = append(ports, port)
		}
	}
	slices.Sort(ports)
	return ports
}

func TestPoolUsesReservedFirst(t *testing.T) {
	p := &pool{}
	p.add([]mesos.Resource{scalar("cpus", 2), scalar("cpus", 1, "r")})
	got, err := p.take(offer.Resources{CPUs: 1500}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || len(got[0].Reservations) != 1 || got[0].Scalar.Value != 1 || got[1].Scalar.Value != 0.5 {
		t.Errorf("took %v", got)
	}
}

// A reservation for a role within a role is narrower: fewer others could use it.
func TestPoolUsesTheNarrowestReservationFirst(t *testing.T) {
	refined := scalar("cpus", 1, "r")
	role := "r/web"
	refined.Reservations = append(refined.Reservations, mesos.Resource_ReservationInfo{Role: &role})
	p := &pool{}
	p.add([]mesos.Resource{scalar("cpus", 2), scalar("cpus", 1, "r"), refined})
	got, err := p.take(offer.Resources{CPUs: 2500}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var depths []int
	for _, r := range got {
		depths = append(depths, len(r.Reservations))
	}
	if !slices.Equal(depths, []int{2, 1, 0}) || got[2].Scalar.Value != 0.5 {
		t.Errorf("took %v", got)
	}
}

// The sum of many thousandths is exact, where floats drift.
func TestPoolDoesNotDrift(t *testing.T) {
	p := &pool{}
	p.add([]mesos.Resource{scalar("cpus", 0.3)})
	for range 3 {
		if _, err := p.take(offer.Resources{CPUs: 100}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.take(offer.Resources{CPUs: 1}, nil); !errors.Is(err, ErrInsufficient) {
		t.Errorf("got %v", err)
	}
}

func TestPoolLeavesSpecialResourcesAlone(t *testing.T) {
	revocable := scalar("cpus", 1)
	revocable.Revocable = &mesos.Resource_RevocableInfo{}
	volume := scalar("disk", 100)
	volume.Disk = &mesos.Resource_DiskInfo{Persistence: &mesos.Resource_DiskInfo_Persistence{ID: "v"}}
	shared := scalar("mem", 100)
	shared.Shared = &mesos.Resource_SharedInfo{}
	provided := scalar("gpus", 1)
	provided.ProviderID = &mesos.ResourceProviderID{Value: "p"}
	special := []mesos.Resource{revocable, volume, shared, provided}
	if sum, kept, ports := total(special); sum != (offer.Resources{}) || kept != sum || ports != nil {
		t.Errorf("counted %+v %+v %v", sum, kept, ports)
	}
	p := &pool{}
	p.add(special)
	for _, want := range []offer.Resources{{CPUs: 1}, {Disk: 1}, {Mem: 1}, {GPUs: 1}} {
		if _, err := p.take(want, nil); !errors.Is(err, ErrInsufficient) {
			t.Errorf("%+v: got %v", want, err)
		}
	}
}

func TestPoolRefuses(t *testing.T) {
	ports := []mesos.Resource{portsResource(mesos.Value_Range{Begin: 10, End: 12})}
	for _, tt := range []struct {
		name  string
		want  offer.Resources
		ports []uint32
		err   error
	}{
		{"negative", offer.Resources{CPUs: -1}, nil, ErrLaunchInvalid},
		{"absent", offer.Resources{GPUs: 1}, nil, ErrInsufficient},
		{"port outside", offer.Resources{}, []uint32{9}, ErrInsufficient},
	} {
		p := &pool{}
		p.add(ports)
		if _, err := p.take(tt.want, tt.ports); !errors.Is(err, tt.err) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.err)
		}
	}
}

// A port for tcp and udp is one resource, which one task may use twice and two may not.
func TestPoolGivesAPortOnce(t *testing.T) {
	p := &pool{}
	p.add([]mesos.Resource{portsResource(mesos.Value_Range{Begin: 31500, End: 31503})})
	taken, err := p.take(offer.Resources{}, []uint32{31502, 31500, 31502, 31501, 31500})
	if err != nil || len(taken) != 1 || !slices.Equal(taken[0].GetRanges().GetRange(), []mesos.Value_Range{{Begin: 31500, End: 31502}}) {
		t.Fatalf("%v, %v", taken, err)
	}
	if _, err := p.take(offer.Resources{}, []uint32{31500}); !errors.Is(err, ErrInsufficient) {
		t.Errorf("once more: %v", err)
	}
}
