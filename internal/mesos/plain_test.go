package mesos

import (
	"reflect"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/core/offer"
)

func TestPlainOffer(t *testing.T) {
	o := wireTestOffer("o",
		scalar("cpus", 1.5), scalar("cpus", 0.25, "r"), scalar("mem", 1024), scalar("disk", 10), scalar("gpus", 2),
		scalar("bogomips", 7),
		portsResource(mesos.Value_Range{Begin: 31000, End: 31002}, mesos.Value_Range{Begin: 9, End: 8}, mesos.Value_Range{Begin: 1, End: 1 << 40}))
	o.URL = &mesos.URL{Scheme: "http", Path: new("/slave(1)"), Address: mesos.Address{IP: new("10.0.0.1"), Hostname: new("host-a"), Port: 5051}}
	o.Unavailability = &mesos.Unavailability{Start: mesos.TimeInfo{Nanoseconds: 42}, Duration: &mesos.DurationInfo{Nanoseconds: 8}}
	o.Attributes = []mesos.Attribute{
		{Name: "rack", Type: mesos.TEXT, Text: &mesos.Value_Text{Value: "r1"}},
		{Name: "speed", Type: mesos.SCALAR, Scalar: &mesos.Value_Scalar{Value: 2.5}},
		{Name: "vlans", Type: mesos.RANGES, Ranges: &mesos.Value_Ranges{Range: []mesos.Value_Range{{Begin: 1, End: 2}, {Begin: 5, End: 5}}}},
		{Name: "disks", Type: mesos.SET, Set: &mesos.Value_Set{Item: []string{"ssd", "hdd"}}},
	}
	want := offer.Offer{
		ID: "o", AgentID: "a", Hostname: "host-a", AgentURL: "http://10.0.0.1:5051", Role: "r",
		Resources:       offer.Resources{CPUs: 1750, Mem: 1_024_000, Disk: 10_000, GPUs: 2000},
		Reserved:        offer.Resources{CPUs: 250},
		Ports:           []offer.PortRange{{Begin: 31000, End: 31002}},
		UnavailableFrom: 42, UnavailableUntil: 50,
		Attributes: []offer.Attribute{
			{Name: "rack", Value: "r1"},
			{Name: "speed", Value: "2.5"},
			{Name: "vlans", Value: "[1-2, 5-5]"},
			{Name: "disks", Value: "{ssd, hdd}"},
		},
	}
	if got := plainOffer(&o, false); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := agentURL(&o, true); got != "https://host-a:5051" {
		t.Errorf("with TLS %s", got)
	}
	o.URL.Address.IP = nil
	if got := agentURL(&o, false); got != "http://host-a:5051" {
		t.Errorf("without an IP %s", got)
	}
	o.URL = nil
	if got := agentURL(&o, false); got != "" {
		t.Errorf("without a URL %s", got)
	}
}

func TestPlainStatus(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 250_000_000, time.UTC)
	got := plainStatus(&mesos.TaskStatus{
		TaskID: mesos.TaskID{Value: "t"}, AgentID: &mesos.AgentID{Value: "a"},
		State:  mesos.TASK_FAILED.Enum(),
		Source: mesos.SOURCE_EXECUTOR.Enum(), Reason: mesos.REASON_MAX_COMPLETION_TIME_REACHED.Enum(),
		Message: new("Container exited with status 137"), UUID: []byte("0123456789abcdef"), Healthy: new(false),
		Timestamp: new(float64(at.UnixNano()) / 1e9), UnreachableTime: &mesos.TimeInfo{Nanoseconds: at.UnixNano()},
		Data: []byte("docker inspect"),
		ContainerStatus: &mesos.ContainerStatus{
			ContainerID: &mesos.ContainerID{Value: "c"},
			NetworkInfos: []mesos.NetworkInfo{
				{IPAddresses: []mesos.NetworkInfo_IPAddress{{IPAddress: new("172.17.0.2")}, {}}},
				{IPAddresses: []mesos.NetworkInfo_IPAddress{{IPAddress: new("fd00::2")}}},
			},
		},
	})
	want := Status{
		TaskID: "t", AgentID: "a", State: "TASK_FAILED", Source: "SOURCE_EXECUTOR",
		Reason: "REASON_MAX_COMPLETION_TIME_REACHED", Message: "Container exited with status 137",
		UUID: []byte("0123456789abcdef"), Time: at, Healthy: new(false), ExitCode: new(137),
		ContainerID: "c", Addresses: []string{"172.17.0.2", "fd00::2"}, UnreachableTime: at,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	bare := plainStatus(&mesos.TaskStatus{TaskID: mesos.TaskID{Value: "t"}, State: mesos.TASK_UNKNOWN.Enum()})
	if !reflect.DeepEqual(bare, Status{TaskID: "t", State: "TASK_UNKNOWN"}) {
		t.Errorf("got %+v", bare)
	}
}

func TestExitCode(t *testing.T) {
	for message, want := range map[string]int{
		"Container exited with status 0":                                              0,
		"Container exited with status 137":                                            137,
		"Container exited with status 125: docker: Error response from daemon: 1: 2.": 125,
		"Command exited with status 3":                                                3,
		"Command terminated with signal Terminated":                                   -1,
		"":                                     -1,
		"Container exited with status ":        -1,
		"Container exited with status -1":      -1,
		"Container exited with status 1 or so": -1,
		"Failed to launch container: Failed to run 'docker pull x': exited with status 1; stderr='exited with status 1'": -1,
	} {
		got := exitCode(message)
		if (got == nil) != (want < 0) || got != nil && *got != want {
			t.Errorf("%q: got %v", message, got)
		}
	}
}
