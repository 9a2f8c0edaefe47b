package validate_test

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

func to(r mesos.Resource, role string) mesos.Resource {
	r.AllocationInfo = &mesos.Resource_AllocationInfo{Role: &role}
	return r
}

func reserved(r mesos.Resource, role string, principal *string) mesos.Resource {
	r.Reservations = []mesos.Resource_ReservationInfo{{Type: mesos.Resource_ReservationInfo_DYNAMIC.Enum(), Role: &role, Principal: principal}}
	return r
}

func static(r mesos.Resource, role string) mesos.Resource {
	r.Role = &role
	return r
}

func revocable(r mesos.Resource) mesos.Resource {
	r.Revocable = &mesos.Resource_RevocableInfo{}
	return r
}

func disk(role string, d mesos.Resource_DiskInfo) mesos.Resource {
	r := static(amount("disk", 1), role)
	r.Disk = &d
	return r
}

func persistent(id string) mesos.Resource_DiskInfo {
	return mesos.Resource_DiskInfo{
		Persistence: &mesos.Resource_DiskInfo_Persistence{ID: id}, Volume: &mesos.Volume{ContainerPath: "c", Mode: mesos.RW.Enum()},
	}
}

// The row of resources of section 3.
func TestResources(t *testing.T) {
	cpus, mem := amount("cpus", 1), amount("mem", 32)
	onHost := persistent("v")
	onHost.Volume.HostPath = new("/h")
	unmounted := persistent("v")
	unmounted.Volume = nil
	const invalid, info = "Task uses invalid resources: ", "Task uses invalid resources: Invalid DiskInfo: "
	for _, row := range []struct {
		want string
		rs   []mesos.Resource
	}{
		{invalid + "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer", []mesos.Resource{cpus, amount("gpus", 1.5)}},
		{
			"Total resources gpus(allocated: *):1 required by task and its executor is more than available cpus(allocated: *):4; mem(allocated: *):1024",
			[]mesos.Resource{amount("gpus", 0.5), amount("gpus", 0.5)},
		}, // The sum counts.
		{info + "DiskInfo is set but empty", []mesos.Resource{disk("r", mesos.Resource_DiskInfo{})}},
		{info + "Non-persistent volume not supported", []mesos.Resource{disk("r", mesos.Resource_DiskInfo{Volume: onHost.Volume})}},
		{info + "Persistent volumes cannot be created from revocable resources", []mesos.Resource{revocable(disk("r", persistent("v")))}},
		{info + "Persistent volumes cannot be created from unreserved resources", []mesos.Resource{disk("*", persistent("v"))}},
		{info + "Expecting 'volume' to be set for persistent volume", []mesos.Resource{disk("r", unmounted)}},
		{info + "Expecting 'host_path' to be unset for persistent volume", []mesos.Resource{disk("r", onHost)}},
		{info + "Invalid persistence ID for persistent volume: 'a/b' contains invalid characters", []mesos.Resource{disk("r", persistent("a/b"))}},
		{
			invalid + "Invalid ReservationInfo: Dynamically reserved resource cpus(allocated: *)(reservations: [(DYNAMIC,r)]){REV}:1" +
				" cannot be created from revocable resources",
			[]mesos.Resource{revocable(reserved(cpus, "r", nil))},
		},
		{"Task uses duplicate persistence ID: Persistence ID 'v' is not unique", []mesos.Resource{disk("r", persistent("v")), disk("r", persistent("v"))}},
		{
			"Total resources disk(allocated: *)(reservations: [(STATIC,r)])[v:c]:1; disk(allocated: *)(reservations: [(STATIC,s)])[v:c]:1" +
				" required by task and its executor is more than available cpus(allocated: *):4; mem(allocated: *):1024",
			[]mesos.Resource{disk("r", persistent("v")), disk("s", persistent("v"))}, // unique for its role
		},
		{
			"Invalid task resources: The resources have multiple allocation roles ('b' and 'a') but only one allocation role is allowed",
			[]mesos.Resource{to(cpus, "a"), to(mem, "b")},
		},
		{
			"Invalid task resources: The resources have multiple allocation roles ('b' and '*') but only one allocation role is allowed",
			[]mesos.Resource{cpus, to(mem, "b")}, // what says nothing is the offer's
		},
		{
			"Total resources cpus(allocated: b):1 required by task and its executor is more than available cpus(allocated: *):4; mem(allocated: *):1024",
			[]mesos.Resource{to(cpus, "b")},
		},
		{
			"Task mixes revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
			[]mesos.Resource{mem, revocable(mem), cpus, revocable(cpus)},
		},
		{
			"Total resources cpus(allocated: *):1; mem(allocated: *){REV}:32 required by task and its executor is more than available" +
				" cpus(allocated: *):4; mem(allocated: *):1024",
			[]mesos.Resource{cpus, revocable(mem), amount("mem", 0)}, // nothing does not count
		},
		{"", []mesos.Resource{to(cpus, "*"), mem}},
	} {
		task := valid()
		task.Resources = row.rs
		if got := validate.Task(task, against()); got != row.want {
			t.Errorf("got  %q\nwant %q", got, row.want)
		}
	}
}
