package world_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/sim/world"
)

func policySet(text string) access.SetPolicy {
	return access.SetPolicy{Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(text))), Text: text}
}

// forbids is a service that a policy may forbid.
func forbids(id string) *job.Spec {
	s := world.Service(id, 4)
	s.Tasks[0].Container.Privileged = true
	return s
}

// alive counts what Mesos runs.
func alive(w *world.World) (n int) {
	for _, t := range w.Master.Tasks {
		if t.Alive {
			n++
		}
	}
	return n
}

// TestAPolicyThatBecomesStricter: what runs goes on through the loss of an agent, an update and
// a scaling that it forbids, what ended waits, and all goes on at once when it is looser again.
func TestAPolicyThatBecomesStricter(t *testing.T) {
	w := whole(2)
	must(t, w.CommandAccess(policySet("rules: [{name: all, privileged: true}]")))
	must(t, w.Submit(forbids("web")))
	w.Pass(time.Minute)
	if n := alive(w); n != 4 {
		t.Fatalf("%d run", n)
	}
	must(t, w.CommandAccess(policySet("rules: []")))
	w.Pass(time.Hour)
	if n := alive(w); n != 4 {
		t.Errorf("%d go on", n)
	}
	if err := w.Command("web", submission.Scale{Replicas: 6, Limits: job.DefaultLimits()}); !errors.Is(err, commanding.ErrForbidden) {
		t.Errorf("scaled: %v", err)
	}
	if err := w.Submit(forbids("more")); !errors.Is(err, commanding.ErrForbidden) {
		t.Errorf("submitted: %v", err)
	}
	before := on(w, "S0")
	w.Crash(0)
	w.Pass(time.Hour)
	if n := alive(w); before == 0 || n != 4-before {
		t.Errorf("%d of %d are left, and %d were lost", n, 4, before)
	}
	must(t, w.CommandAccess(policySet("rules: [{name: all, privileged: true}]")))
	w.Pass(10 * time.Second)
	if n := alive(w); n != 4 {
		t.Errorf("%d run again", n)
	}
	w.Replace(0)
	agree(t, w)
}

// TestTwoThatComeAtOnceToTwo: to two commanders, each of which has room for one: then the one
// that asked last gets what is left.
func TestTwoThatComeAtOnceToTwo(t *testing.T) {
	w := whole(2)
	other := start(w, "commander", "other")
	w.Pass(time.Second)
	must(t, w.CommandAccess(policySet("quotas: [{name: q, replicas: 5}]")))
	w.Pass(time.Second)
	first, err := world.Submission(world.Service("first", 3))
	must(t, err)
	second, err := world.Submission(world.Service("second", 3))
	must(t, err)
	w.Ask(0, "first", first)
	w.Ask(other, "second", second)
	w.Pass(time.Minute)
	for _, a := range w.Asks[len(w.Asks)-2:] {
		if !a.Answered || a.Answer.Err != nil {
			t.Errorf("%+v", a.Answer)
		}
	}
	if n := alive(w); n != 5 {
		t.Errorf("%d run", n)
	}
	must(t, w.Command("first", submission.Stop{}))
	agree(t, w)
	if n := alive(w); n != 3 {
		t.Errorf("%d run when there is room", n)
	}
}
