package core

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// 2.4, step 3: an operation without its part, and one with bad resources, of
// every type, whether it is supported or not.
func TestMalformedOperations(t *testing.T) {
	const prefix, fault = "Operation attempted with invalid resources: ", "Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0"
	bad := taskOf("t", "a", -1).Resources[0]
	good := taskOf("t", "a", 1).Resources[0]
	rs := []mesos.Resource{bad}
	part := func(kind string) string {
		return " offer operation must have the Offer.Operation." + kind + " field set"
	}
	for _, c := range []struct {
		want string
		op   mesos.Offer_Operation
	}{
		{prefix + "A RESERVE" + part("reserve") + ".", mesos.Offer_Operation{Type: mesos.Offer_Operation_RESERVE}},
		{prefix + "An UNRESERVE" + part("unreserve") + ".", mesos.Offer_Operation{Type: mesos.Offer_Operation_UNRESERVE}},
		{prefix + "A CREATE" + part("create") + ".", mesos.Offer_Operation{Type: mesos.Offer_Operation_CREATE}},
		{prefix + "A DESTROY" + part("destroy") + ".", mesos.Offer_Operation{Type: mesos.Offer_Operation_DESTROY}},
		{
			prefix + "A GROW_VOLUME operation must have the Offer.Operation.grow_volume field set",
			mesos.Offer_Operation{Type: mesos.Offer_Operation_GROW_VOLUME},
		},
		{prefix + "A SHRINK_VOLUME" + part("shrink_volume"), mesos.Offer_Operation{Type: mesos.Offer_Operation_SHRINK_VOLUME}},
		{prefix + "A CREATE_DISK" + part("create_disk") + ".", mesos.Offer_Operation{Type: mesos.Offer_Operation_CREATE_DISK}},
		{prefix + "A DESTROY_DISK" + part("destroy_disk") + ".", mesos.Offer_Operation{Type: mesos.Offer_Operation_DESTROY_DISK}},
		{"", mesos.Offer_Operation{Type: mesos.Offer_Operation_LAUNCH}},
		{"", mesos.Offer_Operation{Type: mesos.Offer_Operation_LAUNCH_GROUP}},
		{"", mesos.Offer_Operation{}},
		{prefix + fault, mesos.Offer_Operation{Type: mesos.Offer_Operation_RESERVE, Reserve: &mesos.Offer_Operation_Reserve{Resources: rs}}},
		{prefix + fault, mesos.Offer_Operation{Type: mesos.Offer_Operation_RESERVE, Reserve: &mesos.Offer_Operation_Reserve{Source: rs}}},
		{prefix + fault, mesos.Offer_Operation{Type: mesos.Offer_Operation_UNRESERVE, Unreserve: &mesos.Offer_Operation_Unreserve{Resources: rs}}},
		{prefix + fault, mesos.Offer_Operation{Type: mesos.Offer_Operation_CREATE, Create: &mesos.Offer_Operation_Create{Volumes: rs}}},
		{prefix + fault, mesos.Offer_Operation{Type: mesos.Offer_Operation_DESTROY, Destroy: &mesos.Offer_Operation_Destroy{Volumes: rs}}},
		{prefix + fault, mesos.Offer_Operation{
			Type: mesos.Offer_Operation_GROW_VOLUME, GrowVolume: &mesos.Offer_Operation_GrowVolume{Volume: good, Addition: bad},
		}},
		{prefix + fault, mesos.Offer_Operation{
			Type: mesos.Offer_Operation_SHRINK_VOLUME, ShrinkVolume: &mesos.Offer_Operation_ShrinkVolume{Volume: bad},
		}},
		{prefix + fault, mesos.Offer_Operation{
			Type: mesos.Offer_Operation_CREATE_DISK, CreateDisk: &mesos.Offer_Operation_CreateDisk{Source: bad},
		}},
		{prefix + fault, mesos.Offer_Operation{
			Type: mesos.Offer_Operation_DESTROY_DISK, DestroyDisk: &mesos.Offer_Operation_DestroyDisk{Source: bad},
		}},
		// Bad resources come before an id.
		{fault, mesos.Offer_Operation{
			Type: mesos.Offer_Operation_LAUNCH, ID: &mesos.OperationID{Value: "o"},
			Launch: &mesos.Offer_Operation_Launch{TaskInfos: []mesos.TaskInfo{{Resources: rs}}},
		}},
		{fault, mesos.Offer_Operation{
			Type: mesos.Offer_Operation_LAUNCH, Launch: &mesos.Offer_Operation_Launch{TaskInfos: []mesos.TaskInfo{{Executor: &mesos.ExecutorInfo{Resources: rs}}}},
		}},
		{fault, mesos.Offer_Operation{
			Type: mesos.Offer_Operation_LAUNCH_GROUP, LaunchGroup: &mesos.Offer_Operation_LaunchGroup{Executor: mesos.ExecutorInfo{Resources: rs}},
		}},
		{"The `id` field cannot be set on LAUNCH_GROUP operations", mesos.Offer_Operation{
			Type: mesos.Offer_Operation_LAUNCH_GROUP, ID: &mesos.OperationID{Value: "o"},
		}},
	} {
		if got := malformed(&c.op); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}
