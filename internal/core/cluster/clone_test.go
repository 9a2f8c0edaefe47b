package cluster_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// TestCloneGoesOnByItself: what a clone folds leaves the original as it was, and comes
// to what the original comes to.
func TestCloneGoesOnByItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := nonsense().Draw(t, "log")
		at := rapid.IntRange(0, len(log)).Draw(t, "at")
		s := cluster.New()
		for _, r := range log[:at] {
			apply(t, s, r)
		}
		clone, before := s.Clone(), s.Clone()
		if !reflect.DeepEqual(s, clone) {
			t.Fatal("a clone is something else")
		}
		for _, r := range log[at:] {
			apply(t, clone, r)
		}
		if !reflect.DeepEqual(s, before) {
			t.Fatal("what a clone folded changed the original")
		}
		for _, r := range log[at:] {
			apply(t, s, r)
		}
		if !reflect.DeepEqual(s, clone) {
			t.Fatal("a clone came to something else")
		}
	})
}

// TestCloneKnowsEveryPart: whatever is added to the state that can be changed in place
// is cloned, or is known to be replaced only.
func TestCloneKnowsEveryPart(t *testing.T) {
	known := map[string]string{
		"State.Jobs": "cloned", "State.Rules": "replaced", "State.attributes": "cloned", "State.byID": "cloned", "State.closed": "cloned", "State.runs": "cloned", "closing.due": "cloned", "State.peeked": "replaced", "State.dependants": "cloned", "Job.after": "replaced", "State.Losses": "cloned", "Hearing.silences": "replaced", "Agents.Drains": "cloned", "Agents.Windows": "cloned", "Rejections.Newest": "replaced",
		"Job.PastRollouts": "replaced", "Job.scales": "replaced", "Job.Versions": "replaced", "Version.Spec": "replaced", "Version.templates": "replaced", "Job.indexes": "cloned", "Job.doomed": "cloned", "indexes.taken": "cloned",
		"Job.Series": "cloned", "Series.Phases": "replaced", "Series.Runs": "replaced", "Series.gone": "cloned", "Phase.Schedule": "replaced",
		"Job.Parent": "replaced", "Parent.Parameters": "replaced", "Run.Parameters": "replaced",
		"Job.Slots": "cloned", "Job.Spec": "replaced", "Job.OutcomeExit": "replaced",
		"Slot.Tasks": "cloned", "Slot.LastEnd": "cloned", "dismissal.asked": "replaced", "Job.Requests": "replaced", "Request.Slots": "replaced",
		"Task.Doom": "replaced", "Task.KillAsked": "replaced", "Task.Offers": "replaced", "Task.HostPorts": "replaced", "Task.Attributes": "replaced",
		"Task.Addresses": "replaced", "Task.Healthy": "replaced", "Status.Exit": "replaced",
	}
	var walk func(typ reflect.Type)
	seen := map[reflect.Type]bool{}
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] || typ.PkgPath() != reflect.TypeFor[cluster.State]().PkgPath() {
			return
		}
		seen[typ] = true
		for f := range typ.Fields() {
			switch f.Type.Kind() { //nolint:exhaustive // The others are copied with their owner.
			case reflect.Pointer, reflect.Slice, reflect.Map:
				if name := typ.Name() + "." + f.Name; known[name] == "" {
					t.Errorf("%s: have State.Clone copy it, or say here that it is replaced only", name)
				} else {
					delete(known, name)
				}
			}
			walk(f.Type)
		}
	}
	walk(reflect.TypeFor[cluster.State]())
	for name := range known {
		t.Errorf("there is no %s", name)
	}
}
