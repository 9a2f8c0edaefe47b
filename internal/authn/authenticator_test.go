package authn_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
)

// TestAnonymousIsWhoeverSaysNothing: over all that may be told of them, and where they are.
func TestAnonymousIsWhoeverSaysNothing(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		peer  string
		proxy string // A header that a proxy leaves.
		here  bool
	}{
		{"127.0.0.1:1000", "", true},
		{"127.9.9.9:1000", "", true},
		{"[::1]:1000", "", true},
		{"[::ffff:127.0.0.1]:1000", "", true},
		{"192.0.2.1:1000", "", false},
		{"[::ffff:192.0.2.1]:1000", "", false},
		{"[fe80::1%eth0]:1000", "", false},
		{"0.0.0.0:1000", "", false},
		{"", "", false},
		{"@", "", false}, // A socket of a file.
		{"127.0.0.1:1000", "X-Forwarded-For", false},
		{"127.0.0.1:1000", "Forwarded", false},
		{"127.0.0.1:1000", "Via", false},
	} {
		r := &http.Request{RemoteAddr: row.peer, Header: http.Header{}}
		if row.proxy != "" {
			r.Header.Set(row.proxy, "127.0.0.1")
		}
		for of, roles := range map[string][]string{
			"":             nil,
			authn.Nobody:   nil,
			authn.Loopback: {access.RoleAnonymous},
			"reader":       {"reader"},
		} {
			if of == authn.Loopback && !row.here {
				roles = nil
			}
			p, ok, err := authn.Anonymous(of).Authenticate(r, &access.State{}, time.Now())
			if !ok || err != nil || p.By != access.Anonymous || p.Name != "anonymous" || !slices.Equal(p.Roles, roles) {
				t.Errorf("%+v, --anonymous %s: %+v, %v, %v", row, of, p, ok, err)
			}
		}
	}
}

// certified shows a certificate, whatever else.
type certified struct{}

func (certified) Authenticate(*http.Request, *access.State, time.Time) (access.Principal, bool, error) {
	return access.Principal{Name: "bob", By: access.Certificate}, true, nil
}

// TestAHeaderThatNobodyTakes is no good beside a certificate that is, either.
func TestAHeaderThatNobodyTakes(t *testing.T) {
	t.Parallel()
	chain := authn.Chain{authn.Bearer{}, certified{}, authn.Anonymous("admin")}
	for header, good := range map[string]bool{"": true, "Bearer eyJ.e30.x": false, "Basic Ym9iOnB3": false, "Bearer taurus_": false} {
		r := &http.Request{Header: http.Header{}}
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		p, ok, err := chain.Authenticate(r, &access.State{}, time.Now())
		if ok != good || (err == nil) != good || good && p.Name != "bob" {
			t.Errorf("%q: %+v, %t, %v", header, p, ok, err)
		}
	}
}

// TestChain: the first that knows counts, whether it likes what it sees or not.
func TestChain(t *testing.T) {
	t.Parallel()
	made := made(t)
	state := &access.State{Tokens: map[string]access.Token{made.ID: {ID: made.ID, Owner: "ann", Hash: made.Hash()}}}
	chain := authn.Chain{authn.Bearer{}, authn.Anonymous("admin")}
	ask := func(headers ...string) (access.Principal, error) {
		r := &http.Request{Header: http.Header{"Authorization": headers}}
		p, ok, err := chain.Authenticate(r, state, time.Now())
		if ok != (err == nil) {
			t.Errorf("%q: %v, %v", headers, ok, err)
		}
		return p, err
	}
	if p, err := ask("Bearer " + made.Text()); err != nil || p.Name != "ann" || p.TokenID != made.ID {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := ask(); err != nil || p.By != access.Anonymous {
		t.Errorf("%+v, %v", p, err)
	}
	for _, headers := range [][]string{
		{"Bearer " + made.Text(), "Bearer " + made.Text()}, {"", "Bearer " + made.Text()}, {"Bearer taurus_"}, {"Bearer"}, {"x"}, {""},
	} {
		wrong := new(authn.Error)
		if p, err := ask(headers...); !errors.As(err, &wrong) || p.Roles != nil {
			t.Errorf("%q: %+v, %v", headers, p, err)
		}
	}
}

// FuzzBearer: nothing but the token is believed, and nothing is a panic.
func FuzzBearer(f *testing.F) {
	made := made(f)
	state := &access.State{Tokens: map[string]access.Token{made.ID: {ID: made.ID, Owner: "ann", Hash: made.Hash()}}}
	for _, seed := range []string{
		"Bearer " + made.Text(), "bearer  " + made.Text(), "Basic OnRhdXJ1c18=", "Basic !", "Bearer", "Bearer taurus_" + made.ID + "_", "", " ", made.Text(),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := &http.Request{Header: http.Header{"Authorization": {header}}}
		p, ok, err := (authn.Chain{authn.Bearer{}, authn.Anonymous("admin")}).Authenticate(r, state, time.Now())
		_, password, basic := r.BasicAuth()
		if has := authn.BearerOf(r) == made.Text() || basic && password == made.Text(); ok != has || ok == (err != nil) || ok && p.Name != "ann" {
			t.Errorf("%q: %+v, %t, %v", header, p, ok, err)
		}
	})
}
