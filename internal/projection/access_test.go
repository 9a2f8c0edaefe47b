package projection_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestNoEventShowsAHash, whether it counts, is rejected, or cannot be read; and whoever
// shows events can tell which are of access.
func TestNoEventShowsAHash(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	hash := strings.Repeat("0f", 32)
	good := events.TokenCreated{ID: "0a", Owner: "bob", Hash: hash, Roles: []string{"reader"}}
	w.append(events.AccessSubject, good)
	w.append(events.AccessSubject, events.TokenCreated{ID: "0b", Hash: hash}) // Rejected: it has no owner.
	w.append(events.AgentsSubject, good)                                      // Rejected: it stands elsewhere.
	w.append(events.AccessSubject, events.TokenRevoked{ID: "0a", Reason: "lost"})
	w.append(events.AgentsSubject, events.AgentDrained{Hostname: "h"})
	p := projection.NewKeeping(w.log, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	if err := p.WaitFor(ctx, w.n); err != nil {
		t.Fatal(err)
	}
	piece, err := p.Piece(ctx, 1, projection.Filter{}, 1<<20)
	cancel()
	<-ended
	if err != nil || len(piece.Events) != 5 {
		t.Fatalf("%+v, %v", piece, err)
	}
	want := []string{`{"id":"0a","owner":"bob","hash":"","roles":["reader"]}`, "{}", "{}", `{"id":"0a","reason":"lost"}`, `{"hostname":"h"}`}
	for i, e := range piece.Events {
		if string(e.Data) != want[i] || e.OfAccess() != (i < 4) {
			t.Errorf("%d, of access %t: %s", i, e.OfAccess(), e.Data)
		}
	}
}

// TestTokensAsTheyAre: each in its state, in the order in which they were created, and none
// with the hash of its secret.
func TestTokensAsTheyAre(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	hour := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	for i, id := range []string{"0d", "0c", "0b", "0a"} {
		ev := events.TokenCreated{ID: id, Owner: "bob", Hash: strings.Repeat("0f", 32), Roles: []string{"reader"}}
		if i < 2 {
			ev.Expires = hour
		}
		w.append(events.AccessSubject, ev)
	}
	w.append(events.AccessSubject, events.TokenRevoked{ID: "0d"})
	w.append(events.AccessSubject, events.TokenRevoked{ID: "0b", Reason: "lost"})
	p := projection.NewKeeping(w.log, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	if err := p.WaitFor(ctx, w.n); err != nil {
		t.Fatal(err)
	}
	for now, want := range map[time.Time]string{
		hour.Add(-1): "0d revoked, 0c good, 0b revoked, 0a good, ",
		hour:         "0d revoked, 0c expired, 0b revoked, 0a good, ",
	} {
		got := ""
		p.View(func(m *projection.Model) {
			for _, v := range m.Tokens(now) {
				got += v.ID + " " + string(v.State) + ", "
				if one := m.Token(v.ID, now); !reflect.DeepEqual(one, v) {
					t.Errorf("%+v, alone %+v", v, one)
				}
				if v.ID == "0b" && (v.Reason != "lost" || v.RevokedAt.IsZero() || v.Sequence != 3) {
					t.Errorf("%+v", v)
				}
			}
			if none := m.Token("00", now); none.ID != "" || none.State != "" {
				t.Errorf("%+v", none)
			}
		})
		if got != want {
			t.Errorf("%s: %s", now, got)
		}
	}
	cancel()
	<-ended
}
