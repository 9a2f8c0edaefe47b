package firsttoken_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/firsttoken"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

func TestMain(m *testing.M) { testwait.Main(m) }

func made(t *testing.T) authn.Token {
	t.Helper()
	token, err := authn.MakeToken()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func admin(owner string) firsttoken.Wanted {
	return firsttoken.Wanted{Owner: owner, Roles: []string{access.RoleAdmin}, Actor: "root"}
}

// folded is what a log says of access.
func folded(t *testing.T, log eventlog.Log) access.State {
	t.Helper()
	s := cluster.New()
	for _, rec := range foldtest.Records(t, log) {
		r, err := cluster.Decode(events.Space{}, rec.Sequence, rec.Time, rec.Message)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := s.Apply(r); err != nil || c.Judgement != cluster.Counted {
			t.Fatalf("%d: %s, %v", rec.Sequence, c.Judgement, err)
		}
	}
	return s.Access
}

// TestTheFirstToken, and any after it, is good as soon as it is written; written again it
// is the same. Who wrote it is told.
func TestTheFirstToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, now := memory.New(), time.Now()
		first, second := made(t), made(t)
		expires := now.Add(time.Hour)
		for i, token := range []authn.Token{first, first, second, first} {
			w := admin("ann")
			w.Expires = expires
			sequence, err := firsttoken.Write(t.Context(), log, events.Space{}, token, w)
			if want := []uint64{1, 1, 2, 1}[i]; err != nil || sequence != want {
				t.Fatalf("%d: %d, %v", i, sequence, err)
			}
		}
		s := folded(t, log)
		p, err := s.Bearer(first.ID, first.Hash(), now)
		if err != nil || p.Name != "ann" || !s.May(p, access.Admin, "") || len(s.Tokens) != 2 {
			t.Errorf("%+v, %v", p, err)
		}
		if made := s.Tokens[first.ID]; made.CreatedBy != "root" || !made.Expires.Equal(expires) {
			t.Errorf("%+v", made)
		}
		if env, _, err := events.Decode(foldtest.Records(t, log)[0].Message); err != nil || env.Source != firsttoken.Source {
			t.Errorf("%+v, %v", env, err)
		}
	})
}

// TestWhatIsNoToken is refused, and nothing is written: what is malformed, and a token that
// was revoked.
func TestWhatIsNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memory.New()
		var faults job.Faults
		w := admin("ann")
		w.Roles = []string{"admins"}
		if _, err := firsttoken.Write(t.Context(), log, events.Space{}, made(t), w); !errors.As(err, &faults) || faults[0].Path != "roles[0]" {
			t.Errorf("with a role that is not there: %v", err)
		}
		token := made(t)
		if _, err := firsttoken.Write(t.Context(), log, events.Space{}, token, admin("ann")); err != nil {
			t.Fatal(err)
		}
		m, err := events.Encode(events.AccessSubject, events.Envelope{ID: "x"}, events.TokenRevoked{ID: token.ID})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.Append(t.Context(), eventlog.Decision(m, 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := firsttoken.Write(t.Context(), log, events.Space{}, token, admin("ann")); !errors.Is(err, access.ErrTaken) {
			t.Errorf("that was revoked: %v", err)
		}
		if n := len(foldtest.Records(t, log)); n != 2 {
			t.Errorf("%d records", n)
		}
	})
}

// TestALogThatCannotBeFolded: the error says why.
func TestALogThatCannotBeFolded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memory.New()
		if _, err := log.Append(t.Context(), eventlog.Fact(foldtest.Newer())); err != nil {
			t.Fatal(err)
		}
		if _, err := firsttoken.Write(t.Context(), log, events.Space{}, made(t), admin("ann")); !errors.Is(err, events.ErrUnknownMajor) {
			t.Error(err)
		}
	})
}

// TestItRacesWithAnAPI: whoever loses goes on after what the other wrote, and nothing is
// written twice.
func TestItRacesWithAnAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, state := memory.New(), cluster.New()
		loop, err := fold.New(state, fold.Options{Log: log, Role: "api", Source: "taurus/api/one"})
		if err != nil {
			t.Fatal(err)
		}
		api, err := commander.New(commander.Options{Loop: loop, State: state, Log: log, Instance: "one", Source: "taurus/api/one"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- api.Run(ctx) }()
		var all sync.WaitGroup
		for n := range 6 {
			all.Go(func() {
				_, err := api.DoAccess(ctx, commander.Author{Actor: "ann"}, access.CreateToken{
					ID: fmt.Sprintf("%032x", n), Owner: "bob", Hash: fmt.Sprintf("%064x", n), Roles: []string{access.RoleReader},
				})
				if err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if _, err := firsttoken.Write(ctx, log, events.Space{}, made(t), admin("root")); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		stop()
		<-ended
		if s := folded(t, log); len(s.Tokens) != 12 {
			t.Errorf("%d tokens of 12", len(s.Tokens))
		}
	})
}
