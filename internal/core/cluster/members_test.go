package cluster_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/pkg/events"
)

// unbounded are the members that may have any value that a record has room for, and why.
func unbounded() map[string]string {
	const (
		compared = "it is compared with what is there"
		shown    = "it is shown, and nothing is looked for or allocated by it"
		chained  = "the chain is held against it"
	)
	return map[string]string{
		"JobSubmitted.spec": "the fold reads it within the limits of specs", "JobScaled.run": compared, "JobStopped.run": compared,
		"JobUpdated.run": compared, "JobUpdated.spec": "the fold reads it within the limits of specs", "JobUpdated.revert_of": shown,
		"VersionTagged.run": compared,
		"KillRequested.run": compared, "JobRestarted.run": compared, "RolloutSteered.run": compared, "RolloutEnded.run": compared, "RolloutEnded.began": compared,
		"RolloutReverted.run": compared, "RolloutReverted.began": compared, "TasksPlanned.beside": shown, "TasksDoomed.keep": shown, "TasksDoomed.kill_bound": compared,
		"JobStopped.keep_runs": shown, "ScheduleSteered.run": compared, "RunRequested.run": compared, "RunDue.run": compared, "RunDue.count": shown,
		"RunDue.replaces": shown,
		"JobDeleted.run":  compared, "TasksPlanned.run": "the fold compares it with the record's own sequence",
		"TasksDoomed.run": compared, "JobCompleted.run": compared, "JobExpired.run": compared, "JobExpired.kept_ms": shown, "JobFailed.run": compared, "JobFailed.slot": shown, "JobFailed.attempt": shown,
		"JobFailed.exit": shown, "TaskStaged.run": compared, "TaskWithdrawn.run": compared,
		"TaskAdopted.run": "Mesos may run what the log has lost", "TaskStatusChanged.run": compared, "TaskStatusChanged.healthy": shown,
		"TaskStatusChanged.exit": shown, "KillIssued.run": compared, "VerdictChanged.run": compared,
		"VerdictChanged.waiting": shown, "VerdictChanged.sequence": compared, "VerdictChanged.offers": shown, "AgentsOffered.sequence": compared, "LogSealed.through": chained,
		"LogSealed.records": shown, "LossAccepted.from": "holes are compared with it", "LossAccepted.to": "holes are compared with it",
		"LogCreated.partitions": shown, "TasksListed.loss": compared, "TasksListed.tasks": shown, "SequenceSkipped.to": shown,
		"RequestAnswered.status": shown, "RequestAnswered.sequence": shown, "RequestAnswered.count": shown, "RequestAnswered.others": shown, "RequestAnswered.dropped": shown,
	}
}

// TestEveryMemberIsBounded: whatever member of an event of whatever type is huge, the
// record is rejected, and the reason names the member; unless it is known why it may be.
func TestEveryMemberIsBounded(t *testing.T) {
	space, left := events.NewSpace(7), unbounded()
	for _, ev := range append(ofEachType(), events.SequenceSkipped{To: 1}) {
		if _, unknown := ev.(events.Unknown); unknown {
			continue
		}
		kind := reflect.TypeOf(ev)
		for i := range kind.NumField() {
			member, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			if member == "" {
				continue // Additive.
			}
			name := kind.Name() + "." + member
			for _, huge := range hugeOf(ev, i) {
				r := decoded(t, space, 1, ofEachRole(space)[events.RoleOf(ev)], events.Envelope{}, huge)
				_, free := unbounded()[name]
				switch {
				case free && r.Rejection != "":
					t.Errorf("%s may be anything, and is rejected for %q", name, r.Rejection)
				case !free && !strings.Contains(r.Rejection, strings.TrimSuffix(member, "_ms")):
					t.Errorf("%s is huge, and rejected for %q", name, r.Rejection)
				}
				delete(left, name)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("there are no such members: %v", slices.Sorted(maps.Keys(left)))
	}
}

// hugeOf are events as the given one with a member that is as large as can be.
func hugeOf(ev events.Event, member int) (all []events.Event) {
	long := strings.Repeat("x", 300_000)
	add := func(value any) {
		changed := reflect.New(reflect.TypeOf(ev)).Elem()
		changed.Set(reflect.ValueOf(ev))
		into := changed.Field(member)
		into.Set(reflect.ValueOf(value).Convert(into.Type()))
		all = append(all, changed.Interface().(events.Event))
	}
	many := make([]string, 10_001)
	counted, texts := map[string]uint32{}, map[string]string{}
	for i := range many {
		many[i], counted[fmt.Sprint(i)], texts[fmt.Sprint(i)] = "x", 1, "x"
	}
	exit, yes, index := 1<<60, true, uint32(1<<32-1)
	switch reflect.ValueOf(ev).Field(member).Interface().(type) {
	case string:
		add(long)
	case []string:
		add(many)
		add([]string{long})
	case []events.AgentOffer:
		add(make([]events.AgentOffer, 10_001))
	case []events.Grant:
		add(make([]events.Grant, 10_001))
		add([]events.Grant{{Rights: many}})
		add([]events.Grant{{Jobs: []string{long}}})
	case []byte:
		add([]byte(long))
	case jsontext.Value:
		add(jsontext.Value(`"` + long + `"`))
	case uint32:
		add(uint32(1<<32 - 1))
	case uint64:
		add(uint64(1<<64 - 1))
	case int64:
		add(int64(1<<63 - 1))
		add(int64(-1 << 63))
	case []uint32:
		add(make([]uint32, 10_001))
	case []events.SlotRange:
		add([]events.SlotRange{{From: 0, To: 1<<32 - 1, Attempt: 1}})
	case map[string]string:
		add(texts)
	case map[string]uint32:
		add(counted)
	case events.Resources:
		for _, r := range []events.Resources{{CPUs: 1e300}, {Mem: 1e300}, {Disk: 1e300}, {GPUs: 1e300}, {CPUs: -1}, {Mem: -1}, {Disk: -1}, {GPUs: -1}} {
			add(r)
		}
	case *int:
		add(&exit)
	case *bool:
		add(&yes)
	case *uint32:
		add(&index)
	case bool:
		add(yes)
	case *events.NearestMiss:
		add(&events.NearestMiss{Hostname: long})
		add(&events.NearestMiss{AgentID: long})
		add(&events.NearestMiss{Lacked: many})
	default: // A time: what is far off is in TestBounds.
	}
	return all
}
