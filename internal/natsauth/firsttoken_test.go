package natsauth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/firsttoken"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestWhoMayWriteTokens: the api, and whoever has the admin's key, the one after the other,
// while none of the services runs; nobody else.
func TestWhoMayWriteTokens(t *testing.T) {
	t.Parallel()
	c := embedded(t)
	c.begin(t)
	last := uint64(0)
	for _, r := range append(natsauth.Roles(), natsauth.API, natsauth.Admin) {
		token, err := authn.MakeToken()
		if err != nil {
			t.Fatal(err)
		}
		o := c.options(r)
		if r != natsauth.API && r != natsauth.Admin {
			o.AppendTimeout = time.Second // For the denial there is none.
		}
		sequence, err := firsttoken.Write(within(t), open(t, o), events.Space{}, token, firsttoken.Wanted{
			Owner: "ann", Roles: []string{access.RoleAdmin},
		})
		var denied *jetstream.DeniedError
		switch may := r == natsauth.API || r == natsauth.Admin; {
		case may && (err != nil || sequence != last+1):
			t.Errorf("%s: %d, %v", r, sequence, err)
		case !may && !errors.As(err, &denied):
			t.Errorf("%s: %d, %v; want a DeniedError", r, sequence, err)
		case may:
			last = sequence
		}
	}
	if last != 4 {
		t.Errorf("%d tokens, want 4", last)
	}
}
