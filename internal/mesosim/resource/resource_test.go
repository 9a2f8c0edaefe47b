package resource_test

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

func parse(t *testing.T, text string) resource.Set {
	t.Helper()
	rs, err := resource.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return resource.New(rs)
}

func TestArithmetic(t *testing.T) {
	all := parse(t, "cpus:0.3;mem:64;ports:[1-10];disks:{a,b}")
	part := parse(t, "cpus:0.1;ports:[3-4,9-9];disks:{b}")
	left := all.Minus(part)
	if got, want := left.String(), "cpus:0.2; mem:64; ports:[1-2, 5-8, 10-10]; disks:{a}"; got != want {
		t.Errorf("minus: %s, want %s", got, want)
	}
	if !all.Contains(part) || part.Contains(all) || all.Contains(parse(t, "ports:[10-11]")) || all.Contains(parse(t, "gpus:1")) {
		t.Error("containment")
	}
	if got := left.Plus(part).String(); got != all.String() {
		t.Errorf("plus: %s, want %s", got, all)
	}
	third := parse(t, "cpus:0.1")
	if got := third.Plus(third).Plus(third); !all.Contains(got) || got.Scalar("cpus") != 300 {
		t.Errorf("three tenths are %s", got)
	}
}

func TestArrangement(t *testing.T) {
	role := "r"
	s := parse(t, "cpus:1;mem:64;ports:[1-2]").Plus(resource.New([]mesos.Resource{
		{Name: "disk", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 1}, Role: &role},
	}))
	if got, want := s.Arranged().String(), "disk(reservations: [(STATIC,r)]):1; ports:[1-2]; cpus:1; mem:64"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Taking any part out of a set and adding it again gives the set.
func TestMinusIsUndoneByPlus(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) resource.Set {
			cpus := rapid.Float64Range(0, 100).Draw(t, name+" cpus")
			rs := []mesos.Resource{{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: cpus}}}
			ranges := &mesos.Value_Ranges{}
			for range rapid.IntRange(0, 4).Draw(t, name+" ranges") {
				begin := rapid.Uint64Range(0, 50).Draw(t, name+" begin")
				ranges.Range = append(ranges.Range, mesos.Value_Range{Begin: begin, End: begin + rapid.Uint64Range(0, 10).Draw(t, name+" length")})
			}
			return resource.New(append(rs, mesos.Resource{Name: "ports", Type: mesos.RANGES.Enum(), Ranges: ranges}))
		}
		a, b := draw("a"), draw("b")
		sum := a.Plus(b)
		if !sum.Contains(a) || !sum.Contains(b) {
			t.Fatalf("%s does not contain %s and %s", sum, a, b)
		}
		back := sum.Minus(b).Plus(b)
		if !back.Contains(sum) || !sum.Contains(back) {
			t.Fatalf("%s minus and plus %s is %s", sum, b, back)
		}
	})
}

func TestReservationsAreApart(t *testing.T) {
	role, typ := "r", mesos.Resource_ReservationInfo_DYNAMIC
	plain := mesos.Resource{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 1}}
	old, refined := plain, plain
	old.Role, old.Reservation = &role, &mesos.Resource_ReservationInfo{}
	refined.Reservations = []mesos.Resource_ReservationInfo{{Type: &typ, Role: &role}}
	a, b, c := resource.New([]mesos.Resource{old}), resource.New([]mesos.Resource{refined}), resource.New([]mesos.Resource{plain})
	if !a.Contains(b) || !b.Contains(a) {
		t.Error("the two formats of one reservation differ")
	}
	if c.Contains(a) || a.Contains(c) || !a.Popped().Contains(c) {
		t.Error("reserved and unreserved are alike")
	}
	for who, want := range map[string]bool{"r": true, "r/child": true, "rr": false, "other": false} {
		if got := !a.OfferableTo(who, true).Empty(); got != want {
			t.Errorf("offered to %s: %v", who, got)
		}
	}
	if got := a.Messages(resource.Format{}); got[0].GetRole() != "r" || got[0].Reservation == nil || got[0].Reservations != nil {
		t.Errorf("old format: %+v", got)
	}
	if got := a.Messages(resource.Format{Endpoint: true}); got[0].GetRole() != "r" || got[0].Reservation == nil || len(got[0].Reservations) != 1 {
		t.Errorf("an operator's format: %+v", got)
	}
	if got := b.Text("x"); got != "cpus(allocated: x)(reservations: [(DYNAMIC,r)]):1" {
		t.Errorf("text %s", got)
	}
}

// The faults of section 3.
func TestFaults(t *testing.T) {
	scalar := func(name string, v float64) mesos.Resource {
		return mesos.Resource{Name: name, Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: v}}
	}
	ranges := func(rs ...mesos.Value_Range) mesos.Resource {
		return mesos.Resource{Name: "ports", Type: mesos.RANGES.Enum(), Ranges: &mesos.Value_Ranges{Range: rs}}
	}
	for _, c := range []struct {
		r    mesos.Resource
		want string
	}{
		{scalar("cpus", 1), ""},
		{scalar("cpus", 0), ""},
		{scalar("cpus", -1), "Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0"},
		{scalar("cpus", 0.0001), "Resource 'cpus:0' is invalid: Invalid scalar resource: value <= 0"},
		{scalar("", 1), "Resource ':1' is invalid: Empty resource name"},
		{mesos.Resource{Name: "cpus", Type: mesos.SCALAR.Enum()}, "Resource 'cpus:0' is invalid: Invalid scalar resource"},
		{ranges(mesos.Value_Range{Begin: 1, End: 2}), ""},
		{ranges(mesos.Value_Range{Begin: 5, End: 1}), "Resource 'ports:[5-1]' is invalid: Invalid ranges resource: begin > end"},
		{ranges(mesos.Value_Range{Begin: 1, End: 5}, mesos.Value_Range{Begin: 5, End: 6}), "Resource 'ports:[1-5, 5-6]' is invalid: Invalid ranges resource: overlapping ranges"},
		{mesos.Resource{Name: "s", Type: mesos.SET.Enum(), Set: &mesos.Value_Set{Item: []string{"a", "a"}}}, "Resource 's:{a, a}' is invalid: Invalid set resource: duplicated elements"},
		{mesos.Resource{Name: "t", Type: mesos.TEXT.Enum()}, "Resource 't:' is invalid: Unsupported resource type"},
	} {
		if got := resource.Fault([]mesos.Resource{c.r}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestRoles(t *testing.T) {
	for role, want := range map[string]string{
		"*": "", "a": "", "a/b": "", "": "Role names cannot be the empty string",
		"/a": "Role '/a' cannot start with a slash", "a/": "Role 'a/' cannot end with a slash",
		"a//b": "Role 'a//b' cannot contain two adjacent slashes", "a/..": "Role 'a/..' cannot include '..' as a component",
		"-a":  "Role component '-a' is invalid because it starts with a dash",
		"a b": "Role component 'a b' is invalid because it contains backspace or whitespace",
	} {
		if got := resource.RoleFault(role); got != want {
			t.Errorf("%q: %q, want %q", role, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("cpus:4;mem:2048;disk(r):4096;ports:[31000-31999,1-2];s:{a,b}")
	f.Add("cpus:;x")
	f.Fuzz(func(t *testing.T, text string) {
		rs, err := resource.Parse(text)
		if err != nil {
			return
		}
		s := resource.New(rs)
		if !s.Contains(s) || !s.Minus(s).Empty() {
			t.Fatalf("%q: a set is not itself: %s", text, s)
		}
	})
}
