package cluster_test

import (
	"encoding/base64"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestOfTheLogItself: what is said of the log as a whole, and by whom.
func TestOfTheLogItself(t *testing.T) {
	l := clustertest.New()
	on := func(role events.Role, ev events.Event) cluster.Judgement {
		return l.Append(events.Subject{Role: role}, events.Envelope{Actor: "ada"}, ev).Judgement
	}
	for i, c := range []struct {
		role events.Role
		ev   events.Event
		want cluster.Judgement
	}{
		{events.RoleLog, events.LogCreated{ID: "one"}, cluster.Counted},
		{events.RoleSeal, events.LogSealed{Through: 1, Hash: "a"}, cluster.Counted},
		{events.RoleLog, events.LogCreated{ID: "two"}, cluster.Repeated},
		{events.RoleSeal, events.LogSealed{Through: 3, Hash: "b"}, cluster.Counted},
		{events.RoleSeal, events.LogSealed{Through: 2, Hash: "c"}, cluster.Outranked},
		{events.RoleLog, events.LossAccepted{From: 4, To: 4, Reason: "gone"}, cluster.Counted},
		{events.RoleLog, events.LossAccepted{From: 4, To: 3}, cluster.Unmatched},
		{events.RoleLog, events.LossAccepted{}, cluster.Unmatched},
		{events.RoleLog, events.LogSealed{Through: 9, Hash: "d"}, cluster.Skipped},
		{events.RoleSeal, events.LossAccepted{From: 1, To: 2}, cluster.Skipped},
		{events.RoleJob, events.LossAccepted{From: 1, To: 2}, cluster.Skipped},
		{events.RoleSeal, events.LogSealed{Through: 12, Hash: "e"}, cluster.Rejected},
		{events.RoleSeal, events.LogSealed{Through: 1 << 60, Hash: "f"}, cluster.Rejected},
	} {
		if got := on(c.role, c.ev); got != c.want {
			t.Errorf("%d: %s, want %s", i+1, got, c.want)
		}
	}
	s := l.State
	if s.LogID != "one" || s.LastLog != 9 {
		t.Errorf("log %q, its last %d", s.LogID, s.LastLog)
	}
	if want := (cluster.Seal{Last: 13, Sequence: 4, Through: 3, Hash: "b", At: l.Now}); s.Seal != want {
		t.Errorf("%+v, want %+v", s.Seal, want)
	}
	if want := []cluster.Loss{{Sequence: 6, At: l.Now, By: "ada", From: 4, To: 4, Reason: "gone"}}; !reflect.DeepEqual(s.Losses, want) {
		t.Errorf("%+v, want %+v", s.Losses, want)
	}
	if !s.Lost(4, 4) || s.Lost(3, 4) || s.Lost(4, 5) {
		t.Error("exactly 4 is lost")
	}
}

// TestUnsummed: a log that began without sums goes without up to its first record that
// has one; from then on what has none is rejected, and is the last of its subject.
func TestUnsummed(t *testing.T) {
	space := events.NewSpace(0)
	s := cluster.New()
	fold := func(change func(m *events.Message)) cluster.Judgement {
		t.Helper()
		m, err := events.Encode(space.Job("web"), events.Envelope{ID: "e"}, events.JobDeleted{})
		if err != nil {
			t.Fatal(err)
		}
		change(&m)
		r, err := cluster.Decode(space, s.Sequence+1, time.Unix(1, 0), m)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Apply(r)
		if err != nil {
			t.Fatal(err)
		}
		return c.Judgement
	}
	without := func(m *events.Message) { delete(m.Header, events.HeaderSum) }
	for i, c := range []struct {
		change func(m *events.Message)
		want   cluster.Judgement
		summed bool
	}{
		{without, cluster.Counted, false},
		{func(m *events.Message) { m.Data = []byte(`{"run":0} `) }, cluster.Rejected, false}, // The sum is wrong.
		{func(m *events.Message) { m.Subject = "x"; m.Header[events.HeaderSum] = sumOf(*m) }, cluster.Rejected, false},
		{without, cluster.Counted, false},
		{func(*events.Message) {}, cluster.Counted, true},
		{without, cluster.Rejected, true},
		{func(*events.Message) {}, cluster.Counted, true},
	} {
		if got := fold(c.change); got != c.want || s.Summed != c.summed {
			t.Errorf("record %d: %s, summed %t, want %s, %t", i+1, got, s.Summed, c.want, c.summed)
		}
		if i != 2 && s.Jobs["web"].LastJob != s.Sequence {
			t.Errorf("record %d is not the last of its subject", i+1)
		}
	}
	if s.Rejections.Count != 3 || s.Rejections.Newest[2].Reason != events.ErrUnsummed.Error() {
		t.Errorf("%+v", s.Rejections)
	}
}

func sumOf(m events.Message) string {
	sum := events.Sum(m)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// TestOverAHole: only a record that says how much is missing before it is folded
// behind a hole.
func TestOverAHole(t *testing.T) {
	record := func(sequence, missing uint64) cluster.Record {
		return cluster.Record{
			Sequence: sequence, Missing: missing, Subject: events.Subject{Role: events.RoleJob, Job: "a"}, Event: events.JobStopped{},
		}
	}
	for _, c := range []struct {
		next, missing uint64
		ok            bool
	}{{6, 0, true}, {7, 1, true}, {9, 3, true}, {7, 0, false}, {6, 1, false}, {8, 1, false}, {5, 0, false}} {
		s := cluster.New()
		if _, err := s.Apply(record(5, 4)); err != nil {
			t.Fatal(err)
		}
		_, err := s.Apply(record(c.next, c.missing))
		if (err == nil) != c.ok || err != nil && !errors.Is(err, cluster.ErrOutOfOrder) {
			t.Errorf("%d after 5 with %d missing: %v", c.next, c.missing, err)
		}
	}
}
