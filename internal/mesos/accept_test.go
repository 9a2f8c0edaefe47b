package mesos

import (
	"errors"
	"net/http"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/job"
)

func TestAcceptRefusesWithoutSending(t *testing.T) {
	other := wireTestOffer("other-agent", scalar("cpus", 1))
	other.AgentID.Value = "b"
	role := "q"
	foreign := wireTestOffer("other-role", scalar("cpus", 1))
	foreign.AllocationInfo = &mesos.Resource_AllocationInfo{Role: &role}
	m := newFakeMaster(t)
	s := offered(t, m, wireTestOffer("o", scalar("cpus", 1)), other, foreign)
	launch := func(change func(*Launch)) []Launch {
		l := testLaunch("t")
		change(&l)
		return []Launch{l}
	}
	for _, tt := range []struct {
		name     string
		offers   []string
		launches []Launch
		want     error
	}{
		{"no offer", nil, nil, ErrOfferUnknown},
		{"unknown offer", []string{"o", "x"}, nil, ErrOfferUnknown},
		{"an offer twice", []string{"o", "o"}, nil, ErrOfferUnknown},
		{"two agents", []string{"o", "other-agent"}, nil, ErrOffersMixed},
		{"two roles", []string{"o", "other-role"}, nil, ErrOffersMixed},
		{"too much", []string{"o"}, launch(func(l *Launch) { l.Resources.CPUs = 1001 }), ErrInsufficient},
		{"too much together", []string{"o"}, []Launch{testLaunch("t"), testLaunch("u"), testLaunch("v")}, ErrInsufficient},
		{"another agent", []string{"o"}, launch(func(l *Launch) { l.AgentID = "b" }), ErrLaunchInvalid},
		{"another role", []string{"o"}, launch(func(l *Launch) { l.Role = "q" }), ErrLaunchInvalid},
		{"no task id", []string{"o"}, launch(func(l *Launch) { l.TaskID = "" }), ErrLaunchInvalid},
		{"no group", []string{"o"}, launch(func(l *Launch) { l.Group = nil }), ErrLaunchInvalid},
		{"nothing to run", []string{"o"}, launch(func(l *Launch) { l.Group = &job.Group{} }), ErrLaunchInvalid},
		{"ports without a group's", []string{"o"}, launch(func(l *Launch) { l.HostPorts = []uint32{1} }), ErrLaunchInvalid},
	} {
		err := s.Accept(t.Context(), Accept{OfferIDs: tt.offers, Launches: tt.launches}, nil)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		bad := new(LaunchError)
		if n := len(tt.launches); errors.As(err, &bad) != (n > 0) || n > 0 && bad.TaskID != tt.launches[n-1].TaskID {
			t.Errorf("%s: %v does not say which of %d launches", tt.name, err, n)
		}
	}
	if n := len(m.received()); n != 0 {
		t.Errorf("%d calls were sent", n)
	}
	// All offers are as they were.
	if err := s.Accept(t.Context(), Accept{OfferIDs: []string{"o"}, Launches: []Launch{testLaunch("t"), testLaunch("u")}}, nil); err != nil {
		t.Error(err)
	}
}

func TestOffersAreUsedOnce(t *testing.T) {
	m := newFakeMaster(t)
	s := offered(t, m,
		wireTestOffer("accepted", scalar("cpus", 1)), wireTestOffer("declined", scalar("cpus", 1)),
		wireTestOffer("rescinded", scalar("cpus", 1)))
	m.events <- record(&scheduler.Event{
		Type: scheduler.Event_RESCIND, Rescind: &scheduler.Event_Rescind{OfferID: mesos.OfferID{Value: "rescinded"}},
	})
	next(t, s)
	if err := s.Accept(t.Context(), Accept{OfferIDs: []string{"accepted"}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Decline(t.Context(), []string{"declined"}, 0); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"accepted", "declined", "rescinded"} {
		if err := s.Accept(t.Context(), Accept{OfferIDs: []string{id}}, nil); !errors.Is(err, ErrOfferUnknown) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// Whether an ACCEPT without an answer arrived cannot be known, so its offers
// are gone and it cannot be sent again by mistake.
func TestAcceptIsNeverRepeated(t *testing.T) {
	m := newFakeMaster(t)
	m.answer = func(w http.ResponseWriter, _ *http.Request, _ *scheduler.Call) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	s := offered(t, m, wireTestOffer("o", scalar("cpus", 1)))
	a := Accept{OfferIDs: []string{"o"}, Launches: []Launch{testLaunch("t")}}
	if err := s.Accept(t.Context(), a, nil); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := s.Accept(t.Context(), a, nil); !errors.Is(err, ErrOfferUnknown) {
		t.Errorf("again: %v", err)
	}
	if n := len(m.received()); n != 1 {
		t.Errorf("arrived %d times", n)
	}
}
