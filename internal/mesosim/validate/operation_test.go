package validate_test

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

func of(rs ...mesos.Resource) resource.Set { return resource.New(rs) }

func provided(r mesos.Resource, id string) mesos.Resource {
	r.ProviderID = &mesos.ResourceProviderID{Value: id}
	return r
}

// What a framework of the roles r and s may reserve from an offer to r (2.4).
func TestReserve(t *testing.T) {
	cpus := amount("cpus", 1)
	ok := reserved(cpus, "r", nil)
	const by, invalid = "A reserve operation was attempted ", "Invalid resources: "
	for _, row := range []struct {
		want      string
		principal *string
		rs        []mesos.Resource
	}{
		{"", nil, []mesos.Resource{ok, ok}},
		{"", new("p"), []mesos.Resource{reserved(cpus, "r", new("p"))}},
		{"", nil, []mesos.Resource{reserved(cpus, "r", new("p"))}},
		{invalid + "Invalid resources: Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0", nil, []mesos.Resource{amount("cpus", -1)}},
		{invalid + "The resources have multiple resource providers: ", nil, nil},
		{invalid + "The resources have multiple resource providers: a, b", nil, []mesos.Resource{provided(ok, "a"), provided(ok, "b"), provided(ok, "a")}},
		{invalid + "Some resources have a resource provider and some do not", nil, []mesos.Resource{provided(ok, "a"), ok}},
		{"", nil, []mesos.Resource{provided(ok, "a"), provided(ok, "a")}},
		{"Resource cpus(allocated: r):1 is not dynamically reserved", nil, []mesos.Resource{cpus}},
		{"Resource cpus(allocated: r)(reservations: [(STATIC,r)]):1 is not dynamically reserved", nil, []mesos.Resource{static(cpus, "r")}},
		{by + "by principal 'p', but there is a reserved resource in the request with no principal set", new("p"), []mesos.Resource{ok}},
		{
			by + "by authenticated principal 'p', which does not match a reserved resource in the request with principal 'q'",
			new("p"),
			[]mesos.Resource{reserved(cpus, "r", new("q"))},
		},
		{by + "for a resource with role 's', but the resource was allocated to role 'r'", nil, []mesos.Resource{reserved(cpus, "s", nil)}},
		{
			by + "for a resource allocated to role 'x', but the framework only has roles '{ r, s }'",
			nil,
			[]mesos.Resource{to(reserved(cpus, "x", nil), "x")},
		},
		{
			"Invalid reservation resources: The resources have multiple allocation roles ('s' and 'r') but only one allocation role is allowed",
			nil,
			[]mesos.Resource{ok, to(reserved(cpus, "s", nil), "s")},
		},
	} {
		info := &mesos.FrameworkInfo{
			Principal: row.principal, Roles: []string{"r", "s"},
			Capabilities: []mesos.FrameworkInfo_Capability{{Type: mesos.FrameworkInfo_Capability_MULTI_ROLE}},
		}
		if got := validate.Reserve(row.rs, info, "r"); got != row.want {
			t.Errorf("got  %q\nwant %q", got, row.want)
		}
	}
}

func TestUnreserve(t *testing.T) {
	ok := reserved(amount("cpus", 1), "r", new("somebody"))
	volume := reserved(amount("disk", 1), "r", nil)
	d := persistent("v")
	volume.Disk = &d
	for _, row := range []struct {
		want string
		rs   []mesos.Resource
	}{
		{"", []mesos.Resource{ok}},
		{"Invalid resources: The resources have multiple resource providers: ", nil},
		{"Resource cpus(allocated: r):1 is not dynamically reserved", []mesos.Resource{ok, amount("cpus", 1)}},
		{
			"A dynamically reserved persistent volume disk(allocated: r)(reservations: [(DYNAMIC,r)])[v:c]:1 cannot be unreserved directly." +
				" Please destroy the persistent volume first then unreserve the resource",
			[]mesos.Resource{volume},
		},
	} {
		if got := validate.Unreserve(row.rs, "r"); got != row.want {
			t.Errorf("got  %q\nwant %q", got, row.want)
		}
	}
}
