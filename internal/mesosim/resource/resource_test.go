package resource_test

import (
	"errors"
	"math"
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
	mixed := func(r mesos.Resource, rs *mesos.Value_Ranges, set *mesos.Value_Set) mesos.Resource {
		if rs != nil {
			r.Ranges = rs
		}
		if set != nil {
			r.Set = set
		}
		return r
	}
	withScalar := func(r mesos.Resource) mesos.Resource {
		r.Scalar = &mesos.Value_Scalar{}
		return r
	}
	items := mesos.Resource{Name: "s", Type: mesos.SET.Enum(), Set: &mesos.Value_Set{Item: []string{"a"}}}
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
		{mixed(scalar("cpus", 1), &mesos.Value_Ranges{}, nil), "Resource 'cpus:1' is invalid: Invalid scalar resource"},
		{mixed(scalar("cpus", 1), nil, &mesos.Value_Set{}), "Resource 'cpus:1' is invalid: Invalid scalar resource"},
		{mesos.Resource{Name: "ports", Type: mesos.RANGES.Enum()}, "Resource 'ports:[]' is invalid: Invalid ranges resource"},
		{mixed(ranges(), nil, &mesos.Value_Set{}), "Resource 'ports:[]' is invalid: Invalid ranges resource"},
		{withScalar(ranges()), "Resource 'ports:[]' is invalid: Invalid ranges resource"},
		{mesos.Resource{Name: "s", Type: mesos.SET.Enum()}, "Resource 's:{}' is invalid: Invalid set resource"},
		{withScalar(items), "Resource 's:{a}' is invalid: Invalid set resource"},
		{mixed(items, &mesos.Value_Ranges{}, nil), "Resource 's:{a}' is invalid: Invalid set resource"},
		{items, ""},
		{ranges(mesos.Value_Range{Begin: 1, End: 2}), ""},
		{ranges(mesos.Value_Range{Begin: 1, End: 2}, mesos.Value_Range{Begin: 1, End: 3}), "Resource 'ports:[1-2, 1-3]' is invalid: Invalid ranges resource: overlapping ranges"},
		{ranges(mesos.Value_Range{Begin: 5, End: 1}), "Resource 'ports:[5-1]' is invalid: Invalid ranges resource: begin > end"},
		{ranges(mesos.Value_Range{Begin: 1, End: 5}, mesos.Value_Range{Begin: 5, End: 6}), "Resource 'ports:[1-5, 5-6]' is invalid: Invalid ranges resource: overlapping ranges"},
		{mesos.Resource{Name: "s", Type: mesos.SET.Enum(), Set: &mesos.Value_Set{Item: []string{"a", "a"}}}, "Resource 's:{a, a}' is invalid: Invalid set resource: duplicated elements"},
		{mesos.Resource{Name: "t", Type: mesos.TEXT.Enum()}, "Resource 't:' is invalid: Unsupported resource type"},
		{scalar("cpus", math.NaN()), "Resource 'cpus:-9.22337203685478e+15' is invalid: Invalid scalar resource: value <= 0"},
		{scalar("cpus", math.Inf(1)), "Resource 'cpus:-9.22337203685478e+15' is invalid: Invalid scalar resource: value <= 0"},
		{scalar("mem", -123456.7894), "Resource 'mem:-123456.789' is invalid: Invalid scalar resource: value <= 0"},
		// As in Mesos, which looks for begins in the ranges before only.
		{ranges(mesos.Value_Range{Begin: 5, End: 6}, mesos.Value_Range{Begin: 1, End: 5}), ""},
	} {
		if got := resource.Fault([]mesos.Resource{c.r}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// The formats of reservations, disks and what is shared.
func TestFaultsOfFormats(t *testing.T) {
	type info = mesos.Resource_ReservationInfo
	static, dynamic, unknown := mesos.Resource_ReservationInfo_STATIC.Enum(), mesos.Resource_ReservationInfo_DYNAMIC.Enum(), mesos.Resource_ReservationInfo_UNKNOWN.Enum()
	a, ab := new("a"), new("a/b")
	disk := func(d mesos.Resource_DiskInfo) func(*mesos.Resource) {
		return func(r *mesos.Resource) { r.Name, r.Disk = "disk", &d }
	}
	source := func(s mesos.Resource_DiskInfo_Source) func(*mesos.Resource) {
		return disk(mesos.Resource_DiskInfo{Source: &s})
	}
	stack := func(infos ...info) func(*mesos.Resource) {
		return func(r *mesos.Resource) { r.Reservations = infos }
	}
	labels := func(value string) *mesos.Labels {
		return &mesos.Labels{Labels: []mesos.Label{{Key: "k", Value: &value}, {Key: "l"}}}
	}
	for _, c := range []struct {
		text, want string
		spec       func(*mesos.Resource)
	}{
		{"", "", func(r *mesos.Resource) { r.Role = a }},
		{"", "", func(r *mesos.Resource) { r.Role, r.Reservation = a, &info{} }},
		{"cpus:1", "Role 'a/' cannot end with a slash", func(r *mesos.Resource) { r.Role = new("a/") }},
		{"cpus:1", "'Resource.ReservationInfo.type' must not be set for the 'Resource.reservation' field", func(r *mesos.Resource) {
			r.Role, r.Reservation = a, &info{Type: dynamic}
		}},
		{"cpus:1", "'Resource.ReservationInfo.role' must not be set for the 'Resource.reservation' field", func(r *mesos.Resource) {
			r.Role, r.Reservation = a, &info{Role: a}
		}},
		{"cpus:1", `Invalid reservation: role "*" cannot be dynamically reserved`, func(r *mesos.Resource) { r.Reservation = &info{} }},
		{"", "", stack(info{Type: static, Role: a}, info{Type: dynamic, Role: ab}, info{Type: dynamic, Role: new("a/b/c")})},
		{"cpus(reservations: [(UNKNOWN,a)]):1", "Invalid reservation: 'Resource.ReservationInfo.type' field must be set.", stack(info{Role: a})},
		{"cpus(reservations: [(DYNAMIC,)]):1", "Invalid reservation: 'Resource.ReservationInfo.role' field must be set.", stack(info{Type: dynamic})},
		{"cpus(reservations: [(DYNAMIC,/a)]):1", "Role '/a' cannot start with a slash", stack(info{Type: dynamic, Role: new("/a")})},
		{"cpus(reservations: [(DYNAMIC,*)]):1", `Invalid reservation: role "*" cannot be reserved`, stack(info{Type: dynamic, Role: new("*")})},
		{
			"cpus(reservations: [(DYNAMIC,a,p,{k: v, l}),(STATIC,a/b)]):1", "Invalid refined reservation: A refined reservation cannot be STATIC",
			stack(info{Type: dynamic, Role: a, Principal: new("p"), Labels: labels("v")}, info{Type: static, Role: ab}),
		},
		{
			"cpus(reservations: [(DYNAMIC,a),(DYNAMIC,ab)]):1", "Invalid refined reservation: role 'ab' is not a refinement of 'a'",
			stack(info{Type: dynamic, Role: a}, info{Type: dynamic, Role: new("ab")}),
		},
		{
			"cpus(reservations: [(DYNAMIC,a),(DYNAMIC,a/b)]):1",
			"Invalid resource format: 'Resource.role' must not be set if there is more than one reservation in 'Resource.reservations'",
			func(r *mesos.Resource) {
				r.Role, r.Reservations = ab, []info{{Type: dynamic, Role: a}, {Type: dynamic, Role: ab}}
			},
		},
		{
			"cpus(reservations: [(DYNAMIC,a),(DYNAMIC,a/b)]):1",
			"Invalid resource format: 'Resource.reservation' must not be set if there is more than one reservation in 'Resource.reservations'",
			func(r *mesos.Resource) {
				r.Reservation, r.Reservations = &info{}, []info{{Type: dynamic, Role: a}, {Type: dynamic, Role: ab}}
			},
		},
		{
			"cpus(reservations: [(STATIC,a)]):1",
			"Invalid resource format: 'Resource.role' field with 'b' does not match the role 'a' in 'Resource.reservations'",
			func(r *mesos.Resource) { r.Role, r.Reservations = new("b"), []info{{Type: static, Role: a}} },
		},
		{
			"cpus(reservations: [(STATIC,a)]):1",
			"Invalid resource format: 'Resource.reservation' must not be set if the single reservation in 'Resource.reservations' is STATIC",
			func(r *mesos.Resource) { r.Reservation, r.Reservations = &info{}, []info{{Type: static, Role: a}} },
		},
		{
			"cpus(reservations: [(DYNAMIC,a)]):1",
			"Invalid resource format: 'Resource.role' and 'Resource.reservation' must either be both set or both not set" +
				" if the single reservation in 'Resource.reservations' is DYNAMIC",
			func(r *mesos.Resource) { r.Role, r.Reservations = a, []info{{Type: dynamic, Role: a}} },
		},
		{
			"cpus(reservations: [(DYNAMIC,a,q)]):1",
			"Invalid resource format: 'Resource.reservation.principal' field with 'p' does not match the principal 'q' in 'Resource.reservations'",
			func(r *mesos.Resource) {
				r.Role, r.Reservation, r.Reservations = a, &info{Principal: new("p")}, []info{{Type: dynamic, Role: a, Principal: new("q")}}
			},
		},
		{
			"cpus(reservations: [(DYNAMIC,a,{k: w, l})]):1",
			"Invalid resource format: 'Resource.reservation.labels' field with '{k: v, l}' does not match the labels '{k: w, l}' in 'Resource.reservations'",
			func(r *mesos.Resource) {
				r.Role, r.Reservation, r.Reservations = a, &info{Labels: labels("v")}, []info{{Type: dynamic, Role: a, Labels: labels("w")}}
			},
		},
		{"", "", func(r *mesos.Resource) {
			r.Role, r.Reservation, r.Reservations = a, &info{}, []info{{Type: dynamic, Role: a}}
		}},
		{"cpus(reservations: [(UNKNOWN,a)]):1", "Unsupported 'Resource.ReservationInfo.Type'", stack(info{Type: unknown, Role: a})},
		{"cpus[v]:1", "DiskInfo should not be set for cpus resource", func(r *mesos.Resource) {
			r.Disk = &mesos.Resource_DiskInfo{Persistence: &mesos.Resource_DiskInfo_Persistence{ID: "v"}}
		}},
		{"", "", disk(mesos.Resource_DiskInfo{Persistence: &mesos.Resource_DiskInfo_Persistence{ID: "v"}})},
		{"", "", source(mesos.Resource_DiskInfo_Source{Type: mesos.Resource_DiskInfo_Source_PATH})},
		{"disk[BLOCK]:1", "Mount should not be set for BLOCK disk source", source(mesos.Resource_DiskInfo_Source{
			Type: mesos.Resource_DiskInfo_Source_BLOCK, Mount: &mesos.Resource_DiskInfo_Source_Mount{},
		})},
		{"disk[RAW]:1", "Path should not be set for RAW disk source", source(mesos.Resource_DiskInfo_Source{
			Type: mesos.Resource_DiskInfo_Source_RAW, Path: &mesos.Resource_DiskInfo_Source_Path{},
		})},
		{"", "", source(mesos.Resource_DiskInfo_Source{Type: mesos.Resource_DiskInfo_Source_RAW})},
		{"disk[UNKNOWN]:1", "Unsupported 'DiskInfo.Source.Type' in 'UNKNOWN'", source(mesos.Resource_DiskInfo_Source{})},
		{"cpus<SHARED>:1", "Resource cpus cannot be shared", func(r *mesos.Resource) { r.Shared = &mesos.Resource_SharedInfo{} }},
		{"disk{REV}<SHARED>:1", "Only persistent volumes can be shared", func(r *mesos.Resource) {
			r.Name, r.Revocable, r.Shared = "disk", &mesos.Resource_RevocableInfo{}, &mesos.Resource_SharedInfo{}
		}},
	} {
		r := mesos.Resource{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 1}}
		c.spec(&r)
		want := c.want
		if want != "" {
			want = "Resource '" + c.text + "' is invalid: " + want
		}
		if got := resource.Fault([]mesos.Resource{r}); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// The text of a disk says where it is from and what is on it.
func TestTextOfDisks(t *testing.T) {
	type source = mesos.Resource_DiskInfo_Source
	volume := func(host *string) *mesos.Volume {
		return &mesos.Volume{ContainerPath: "c", HostPath: host, Mode: mesos.RO.Enum()}
	}
	for want, d := range map[string]mesos.Resource_DiskInfo{
		"disk[v:c]:1":      {Persistence: &mesos.Resource_DiskInfo_Persistence{ID: "v"}, Volume: volume(nil)},
		"disk[:/h:c:ro]:1": {Volume: volume(new("/h"))},
		"disk[MOUNT:/m,v]:1": {
			Source:      &source{Type: mesos.Resource_DiskInfo_Source_MOUNT, Mount: &mesos.Resource_DiskInfo_Source_Mount{Root: new("/m")}},
			Persistence: &mesos.Resource_DiskInfo_Persistence{ID: "v"},
		},
		"disk[PATH:/p]:1": {
			Source: &source{Type: mesos.Resource_DiskInfo_Source_PATH, Path: &mesos.Resource_DiskInfo_Source_Path{Root: new("/p")}},
		},
		"disk[RAW(,i,)]:1": {Source: &source{Type: mesos.Resource_DiskInfo_Source_RAW, ID: new("i")}},
	} {
		r := mesos.Resource{Name: "disk", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 1}, Disk: &d}
		if got := resource.Text(r); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// The caller's ranges stay as they are.
func TestNewCopies(t *testing.T) {
	rs := []mesos.Resource{{Name: "ports", Type: mesos.RANGES.Enum(), Ranges: &mesos.Value_Ranges{
		Range: []mesos.Value_Range{{Begin: 7, End: 8}, {Begin: 1, End: 2}, {Begin: 3, End: 4}},
	}}}
	s := resource.New(rs)
	if got := s.String(); got != "ports:[1-4, 7-8]" {
		t.Errorf("got %s", got)
	}
	s.Plus(s)
	s.Minus(parse(t, "ports:[1-1]"))
	if rs[0].Ranges.Range[0].Begin != 7 || s.String() != "ports:[1-4, 7-8]" {
		t.Error("arithmetic changed its operands")
	}
}

// The sum of amounts that are too large to add is still too large.
func TestHugeAmounts(t *testing.T) {
	huge := parse(t, "cpus:9e15;cpus:9e15")
	if parse(t, "cpus:4").Contains(huge) || huge.Scalar("cpus") != math.MaxInt64 {
		t.Errorf("the sum is %s", huge)
	}
}

// What no agent can have is refused where it is given.
func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"cpus:-1": resource.ErrInvalid, "cpus:NaN": resource.ErrInvalid, "mem:1e300": resource.ErrInvalid, "cpus(a b):1": resource.ErrInvalid,
		"ports:[1-5,3-6]": resource.ErrInvalid, "disks:{a,a}": resource.ErrInvalid,
		"cpus": resource.ErrText, ":1": resource.ErrText, "cpus:x": resource.ErrText, "ports:[5-1]": resource.ErrText,
	} {
		if _, err := resource.Parse(text); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

func TestRoles(t *testing.T) {
	for role, want := range map[string]string{
		"*": "", "a": "", "a/b": "", "": "Role names cannot be the empty string",
		"/a": "Role '/a' cannot start with a slash", "a/": "Role 'a/' cannot end with a slash",
		"a//b": "Role 'a//b' cannot contain two adjacent slashes", "a/..": "Role 'a/..' cannot include '..' as a component",
		"-a":     "Role component '-a' is invalid because it starts with a dash",
		"a b":    "Role component 'a b' is invalid because it contains backspace or whitespace",
		"a\x7fb": "Role component 'a\x7fb' is invalid because it contains backspace or whitespace", // which is what Mesos calls backspace
		"a\tb":   "Role component 'a\tb' is invalid because it contains backspace or whitespace",
		"a\bb":   "", "a\u00a0b": "", "é": "",
		"x/*": "Role 'x/*' cannot include '*' as a component", "x/.": "Role 'x/.' cannot include '.' as a component",
		"x/-y": "Role component '-y' is invalid because it starts with a dash", "/": "Role '/' cannot start with a slash",
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
