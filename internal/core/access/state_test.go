package access_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/pkg/events"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fold is a state and the time of its log.
type fold struct {
	access.State

	now time.Time
}

func newFold() *fold { return &fold{now: start} }

func (f *fold) apply(ev events.Event) access.Applied {
	what, _ := f.Apply(access.Written{Sequence: f.Last + 1, At: f.now, By: "ann"}, ev)
	return what
}

func hash(n int) string { return fmt.Sprintf("%064x", n) }
func id(n int) string   { return fmt.Sprintf("%032x", n) }

// TestBearer: over all pairs of what is shown and what became of the token. Only who has
// the secret learns what became of it.
func TestBearer(t *testing.T) {
	t.Parallel()
	shown := map[string]struct {
		id, hash string
		right    bool
	}{
		"the token":          {id(1), hash(1), true},
		"another's secret":   {id(1), hash(2), false},
		"no secret":          {id(1), "", false},
		"a part of the hash": {id(1), hash(1)[:63], false},
		"an unknown id":      {id(9), hash(1), false},
		"no id":              {"", hash(1), false},
		"nothing":            {"", "", false},
		"an unknown one":     {id(9), "", false},
	}
	for name, c := range map[string]struct {
		expires time.Time
		revoked bool
		after   time.Duration
		want    error
	}{
		"good for ever":       {time.Time{}, false, 1000 * time.Hour, nil},
		"good yet":            {start.Add(time.Hour), false, time.Hour - 1, nil},
		"expired now":         {start.Add(time.Hour), false, time.Hour, access.ErrExpired},
		"expired":             {start.Add(time.Hour), false, 2 * time.Hour, access.ErrExpired},
		"revoked":             {time.Time{}, true, 0, access.ErrRevoked},
		"revoked, good yet":   {start.Add(time.Hour), true, 0, access.ErrRevoked},
		"revoked and expired": {start.Add(time.Hour), true, 2 * time.Hour, access.ErrRevoked},
	} {
		f := newFold()
		f.apply(events.TokenCreated{ID: id(1), Owner: "bob", Hash: hash(1), Roles: []string{"shop"}, Expires: c.expires})
		f.apply(events.TokenCreated{ID: id(2), Owner: "eve", Hash: hash(2)})
		if c.revoked {
			f.apply(events.TokenRevoked{ID: id(1)})
		}
		for what, s := range shown {
			want, p := c.want, access.Principal{}
			switch {
			case !s.right:
				want = access.ErrUnknownToken
			case want == nil:
				p = access.Principal{Name: "bob", By: access.BearerToken, TokenID: id(1), Roles: []string{"shop"}, Expires: c.expires}
			}
			if got, err := f.Bearer(s.id, s.hash, start.Add(c.after)); !errors.Is(err, want) || !reflect.DeepEqual(got, p) {
				t.Errorf("%s, %s: %+v, %v", name, what, got, err)
			}
		}
	}
	if _, err := new(access.State).Bearer("", "", start); !errors.Is(err, access.ErrUnknownToken) {
		t.Errorf("of an empty state: %v", err)
	}
	s := access.State{Tokens: map[string]access.Token{id(1): {ID: id(1)}}}
	if _, err := s.Bearer(id(1), "", start); !errors.Is(err, access.ErrUnknownToken) {
		t.Errorf("of a token without a secret: %v", err)
	}
}

// TestWhoIsStillBelieved: a token goes by what is folded of it, everything else by the time
// until which it was believed.
func TestWhoIsStillBelieved(t *testing.T) {
	t.Parallel()
	f := newFold()
	hour := start.Add(time.Hour)
	f.apply(events.TokenCreated{ID: id(1), Owner: "bob", Hash: hash(1), Expires: hour})
	f.apply(events.TokenCreated{ID: id(2), Owner: "bob", Hash: hash(2)})
	f.apply(events.TokenRevoked{ID: id(2)})
	for i, c := range []struct {
		p    access.Principal
		now  time.Time
		want error
	}{
		{access.Principal{By: access.BearerToken, TokenID: id(1)}, hour.Add(-1), nil},
		{access.Principal{By: access.BearerToken, TokenID: id(1)}, hour, access.ErrExpired},
		{access.Principal{By: access.BearerToken, TokenID: id(1), Expires: start}, start, nil},
		{access.Principal{By: access.BearerToken, TokenID: id(2)}, start, access.ErrRevoked},
		{access.Principal{By: access.BearerToken, TokenID: id(3)}, start, access.ErrUnknownToken},
		{access.Principal{By: access.OIDC, Expires: hour}, hour.Add(-1), nil},
		{access.Principal{By: access.OIDC, Expires: hour}, hour, access.ErrExpired},
		{access.Principal{By: access.Certificate, TokenID: id(2)}, hour, nil},
		{access.Principal{By: access.Anonymous}, hour, nil},
		{access.Principal{}, hour, nil},
	} {
		if err := f.Good(c.p, c.now); !errors.Is(err, c.want) || (err != nil) != (c.want != nil) {
			t.Errorf("%d: %v, want %v", i, err, c.want)
		}
	}
}

// TestEachEventInEachState: what it changes, over all pairs.
func TestEachEventInEachState(t *testing.T) {
	t.Parallel()
	before := map[string][]events.Event{
		"nothing": nil,
		"a token": {events.TokenCreated{ID: id(1), Owner: "bob", Hash: hash(1)}},
		"revoked": {events.TokenCreated{ID: id(1), Owner: "bob", Hash: hash(1)}, events.TokenRevoked{ID: id(1)}},
		"a role":  {events.RoleSet{Name: "shop"}},
		"a group": {events.GroupBound{Group: "g", Roles: []string{"shop"}}},
	}
	changed := map[string]string{ // The states in which an event does change something.
		"create": "nothing, a role, a group", "revoke": "a token", "set": "all", "remove": "a role", "bind": "all", "unbind": "a group", "policy": "all",
	}
	for what, ev := range map[string]events.Event{
		"create": events.TokenCreated{ID: id(1), Owner: "eve", Hash: hash(2)},
		"revoke": events.TokenRevoked{ID: id(1), Reason: "lost"},
		"set":    events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"read", "dance"}, Jobs: []string{"shop/*"}}}},
		"remove": events.RoleRemoved{Name: "shop"},
		"bind":   events.GroupBound{Group: "g", Roles: []string{"reader"}},
		"unbind": events.GroupBound{Group: "g"},
		"policy": events.PolicySet{Hash: hash(3), Text: "x"},
		"other":  events.AgentDrained{Hostname: "h"},
	} {
		for name, history := range before {
			f := newFold()
			for _, one := range history {
				f.apply(one)
			}
			was := f.Clone()
			f.now = f.now.Add(time.Minute)
			got := f.apply(ev)
			want := access.Past
			switch {
			case what == "other":
				want = access.Unknown
			case changed[what] == "all" || strings.Contains(changed[what], name):
				want = access.Changed
			}
			if got != want || f.Last != was.Last+1 {
				t.Errorf("%s after %s: %d", what, name, got)
			}
			was.Last = f.Last
			if same := reflect.DeepEqual(was, f.Clone()); same != (want != access.Changed) {
				t.Errorf("%s after %s: the same %t", what, name, same)
			}
		}
	}
}

// TestWhatIsToldOfAToken that was revoked, and of the policy.
func TestWhatIsToldOfAToken(t *testing.T) {
	t.Parallel()
	f := newFold()
	expires := start.Add(time.Hour)
	f.apply(events.TokenCreated{ID: id(1), Owner: "bob", Hash: hash(1), Roles: []string{"shop"}, Expires: expires})
	f.now = f.now.Add(time.Minute)
	f.apply(events.TokenRevoked{ID: id(1), Reason: "lost"})
	want := access.Token{
		ID: id(1), Owner: "bob", Hash: hash(1), Roles: []string{"shop"}, Sequence: 1, CreatedAt: start, CreatedBy: "ann",
		Expires: expires, RevokedAt: f.now, RevokedBy: "ann", Reason: "lost",
	}
	if got := f.Tokens[id(1)]; !reflect.DeepEqual(got, want) || !got.Ended().Equal(f.now) {
		t.Errorf("%+v, ended %s", got, got.Ended())
	}
	f.apply(events.PolicySet{Hash: hash(3), Text: "x"})
	if want := (access.Policy{Sequence: 3, At: f.now, By: "ann", Hash: hash(3), Text: "x"}); f.Policy != want {
		t.Errorf("%+v", f.Policy)
	}
}

// TestEndedTokensAreForgotten after a while, by the log's time, and not before; those that
// are good never.
func TestEndedTokensAreForgotten(t *testing.T) {
	t.Parallel()
	f := newFold()
	hour := start.Add(time.Hour)
	f.apply(events.TokenCreated{ID: id(1), Owner: "a", Hash: hash(1)})
	f.apply(events.TokenCreated{ID: id(2), Owner: "a", Hash: hash(2), Expires: start.Add(3 * time.Hour)})
	f.apply(events.TokenCreated{ID: id(3), Owner: "a", Hash: hash(3), Expires: hour})
	f.apply(events.TokenCreated{ID: id(4), Owner: "a", Hash: hash(4)})
	f.now = start.Add(2 * time.Hour)
	f.apply(events.TokenRevoked{ID: id(3)}) // It ended before.
	f.apply(events.TokenRevoked{ID: id(4)})
	for _, c := range []struct {
		at   time.Time
		want []int
	}{
		{hour.Add(access.KeepEnded - 1), []int{1, 2, 3, 4}},
		{hour.Add(access.KeepEnded), []int{1, 2, 4}},
		{start.Add(2*time.Hour + access.KeepEnded - 1), []int{1, 2, 4}},
		{start.Add(2*time.Hour + access.KeepEnded), []int{1, 2}},
		{start.Add(3*time.Hour + access.KeepEnded), []int{1}},
		{start.Add(1e6 * time.Hour), []int{1}},
	} {
		f.now = c.at
		f.apply(events.RoleRemoved{Name: "none"}) // Whatever it is.
		for n := 1; n <= 4; n++ {
			_, known := f.Tokens[id(n)]
			if want := strings.Contains(fmt.Sprint(c.want), fmt.Sprint(n)); known != want {
				t.Errorf("%s: token %d known %t", c.at, n, known)
			}
		}
	}
}

// TestATokenAloneIsForgotten, whichever way it ended, and whatever is created meanwhile; one
// that ended stays known until then.
func TestATokenAloneIsForgotten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expires time.Time
		revoked bool
		after   time.Duration // 0 is never.
	}{
		"expired":         {start.Add(time.Hour), false, time.Hour + access.KeepEnded},
		"revoked":         {time.Time{}, true, access.KeepEnded},
		"revoked earlier": {start.Add(time.Hour), true, access.KeepEnded},
		"good":            {time.Time{}, false, 0},
	} {
		for _, ev := range []events.Event{events.PolicySet{Hash: hash(1)}, events.TokenCreated{ID: id(2), Owner: "a", Hash: hash(2)}} {
			f := newFold()
			f.apply(events.TokenCreated{ID: id(1), Owner: "a", Hash: hash(1), Expires: c.expires})
			if c.revoked {
				f.apply(events.TokenRevoked{ID: id(1)})
			}
			f.now = start.Add(max(c.after, time.Hour) - 1)
			f.apply(ev)
			if _, known := f.Tokens[id(1)]; !known {
				t.Errorf("%s: forgotten too early by %T", name, ev)
			}
			f.now = start.Add(max(c.after, 1e6*time.Hour))
			if c.after != 0 {
				f.now = start.Add(c.after)
			}
			f.apply(events.PolicySet{Hash: hash(2)})
			if _, known := f.Tokens[id(1)]; known != (c.after == 0) {
				t.Errorf("%s: known %t", name, known)
			}
		}
	}
}

// TestBounds: what is one too many is refused, with the bound; ended tokens make room.
func TestBounds(t *testing.T) {
	t.Parallel()
	f := newFold()
	for n := range access.TokensMax {
		f.apply(events.TokenCreated{ID: id(n), Owner: "a", Hash: hash(n), Expires: start.Add(time.Hour)})
	}
	full := func(what string, c access.Command, ev events.Event) {
		t.Helper()
		if _, err := access.Decide(&f.State, c, f.now); !errors.Is(err, access.ErrTooMany) {
			t.Errorf("%s: %v", what, err)
		}
		if got, why := f.Apply(access.Written{At: f.now}, ev); got != access.Refused || why == "" {
			t.Errorf("%s: %d, %q", what, got, why)
		}
	}
	another := access.CreateToken{ID: id(1 << 20), Owner: "a", Hash: hash(1), Roles: []string{"reader"}}
	created := events.TokenCreated{ID: id(1 << 20), Owner: "a", Hash: hash(1), Roles: []string{"reader"}}
	full("a token", another, created)
	f.now = start.Add(time.Hour)
	if ev, err := access.Decide(&f.State, another, f.now); err != nil || !reflect.DeepEqual(ev, created) {
		t.Errorf("where others have expired: %v, %v", ev, err)
	}
	if got := f.apply(created); got != access.Changed || len(f.Tokens) != 1 {
		t.Errorf("%d, %d left", got, len(f.Tokens))
	}
	grants := []access.Grant{{Rights: []access.Right{access.Read}, Jobs: []string{"*"}}}
	for n := range access.RolesMax {
		f.apply(events.RoleSet{Name: fmt.Sprint("r", n)})
	}
	full("a role", access.SetRole{Name: "more", Grants: grants}, events.RoleSet{Name: "more"})
	if got := f.apply(events.RoleSet{Name: "r7"}); got != access.Changed {
		t.Errorf("one again: %d", got)
	}
	if _, err := access.Decide(&f.State, access.SetRole{Name: "r7", Grants: grants}, f.now); err != nil {
		t.Errorf("one again: %v", err)
	}
	for n := range access.GroupsMax {
		f.apply(events.GroupBound{Group: fmt.Sprint("g", n), Roles: []string{"r1"}})
	}
	full("a group", access.BindGroup{Group: "more", Roles: []string{"reader"}}, events.GroupBound{Group: "more", Roles: []string{"reader"}})
	if got := f.apply(events.GroupBound{Group: "g7", Roles: []string{"r2"}}); got != access.Changed {
		t.Errorf("one again: %d", got)
	}
	if _, err := access.Decide(&f.State, access.BindGroup{Group: "g7", Roles: []string{"reader"}}, f.now); err != nil {
		t.Errorf("one again: %v", err)
	}
}

// TestRoles: those that were set give what they say, the built-in ones what they always
// did, and one that was removed nothing.
func TestRoles(t *testing.T) {
	t.Parallel()
	f := newFold()
	f.apply(events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"read", "dance"}, Jobs: []string{"shop/*"}}}})
	f.apply(events.RoleSet{Name: "none", Grants: []events.Grant{{Rights: []string{"read"}}}})
	for role := range access.BuiltIn() {
		if got := f.apply(events.RoleSet{Name: role, Grants: []events.Grant{{Rights: []string{"admin"}, Jobs: []string{"*"}}}}); got != access.Refused {
			t.Errorf("%s: %d", role, got)
		}
	}
	// A program of before may have had fewer that are built in.
	f.Roles["anonymous"] = []access.Grant{{Rights: access.Rights(), Jobs: []string{"*"}}}
	may := func(p access.Principal, r access.Right, job string, want, some bool) {
		t.Helper()
		if got := f.May(p, r, job); got != want {
			t.Errorf("%v may %s %q: %t", p.Roles, r, job, got)
		}
		if got := access.May(f.All(), p, r, job); got != want {
			t.Errorf("%v may, by all roles, %s %q: %t", p.Roles, r, job, got)
		}
		if got := f.MayAny(p, r); got != some || access.MayAny(f.All(), p, r) != some {
			t.Errorf("%v may %s any: %t", p.Roles, r, got)
		}
	}
	shop, none := access.Principal{Roles: []string{"gone", "shop"}}, access.Principal{}
	may(shop, access.Read, "shop/web", true, true)
	may(shop, access.Read, "web", false, true)
	may(shop, access.Stop, "shop/web", false, false)
	may(shop, access.Admin, "", false, false)
	may(none, access.Read, "shop/web", false, false)
	may(access.Principal{Roles: []string{"none"}}, access.Read, "web", false, false)
	may(access.Principal{Roles: []string{"anonymous"}}, access.Admin, "", false, false)
	may(access.Principal{Roles: []string{"admin"}}, access.Admin, "", true, true)
	may(access.Principal{Roles: []string{"admin"}}, access.Read, "web", true, true)
	f.apply(events.RoleRemoved{Name: "shop"})
	may(shop, access.Read, "shop/web", false, false)
	f.apply(events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"stop"}, Jobs: []string{"shop/*"}}}})
	may(shop, access.Read, "shop/web", false, false)
	may(shop, access.Stop, "shop/web", true, true)
}

// TestGroups: who is in several has the roles of all.
func TestGroups(t *testing.T) {
	t.Parallel()
	f := newFold()
	f.apply(events.GroupBound{Group: "a", Roles: []string{"shop", "reader"}})
	f.apply(events.GroupBound{Group: "b", Roles: []string{"reader", "audit"}})
	for groups, want := range map[string]string{"": "[]", "c": "[]", "a": "[reader shop]", "a b c": "[audit reader shop]"} {
		if got := fmt.Sprint(f.RolesOf(strings.Fields(groups))); got != want {
			t.Errorf("%q: %s", groups, got)
		}
	}
	if got := fmt.Sprint(f.Groups["a"]); got != "[shop reader]" {
		t.Errorf("the group has changed: %s", got)
	}
	f.apply(events.GroupBound{Group: "a"})
	if _, known := f.Groups["a"]; known {
		t.Error("a group without roles is kept")
	}
}

// TestDecidedEventsCount: whatever is asked in whatever order, each event that is decided
// changes the state, what is so already leads to none, nothing comes back that was revoked,
// and a right is had only by a grant that stands.
func TestDecidedEventsCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, revoked := newFold(), map[string]bool{}
		for made := range rapid.IntRange(1, 40).Draw(t, "commands") { // No two tokens have one id.
			f.now = f.now.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "hours")) * time.Hour)
			c := anyCommand(t, made, f.now)
			ev, err := access.Decide(&f.State, c, f.now)
			if err != nil || ev == nil {
				continue
			}
			if what := f.apply(ev); what != access.Changed {
				t.Fatalf("%T leads to %+v, which comes to %d", c, ev, what)
			}
			if again, err := access.Decide(&f.State, c, f.now); again != nil {
				t.Fatalf("%T leads to %+v again (%v)", c, again, err)
			}
			if c, ok := c.(access.RevokeToken); ok {
				revoked[c.ID] = true
			}
			for n := range made + 1 {
				p, err := f.Bearer(id(n), hash(n), f.now)
				if err == nil && revoked[id(n)] {
					t.Fatalf("%d was revoked, and is %+v", n, p)
				}
				if f.May(p, access.Scale, "shop/web") && len(f.Roles["shop"]) == 0 {
					t.Fatalf("%d may what no role gives", n)
				}
			}
		}
	})
}

func anyCommand(t *rapid.T, made int, now time.Time) access.Command {
	n := rapid.IntRange(0, made).Draw(t, "n")
	role := func() string { return rapid.SampledFrom([]string{"shop", "shop", "none", "admin"}).Draw(t, "role") }
	return rapid.SampledFrom([]access.Command{
		access.CreateToken{ID: id(made), Owner: "bob", Hash: hash(made), Roles: []string{"shop"}},
		access.CreateToken{ID: id(made), Owner: "bob", Hash: hash(made), Roles: []string{"reader"}, Expires: now.Add(100 * time.Hour)},
		access.RevokeToken{ID: id(n)},
		access.RevokeToken{ID: id(n), Reason: "lost"},
		access.SetRole{Name: role(), Grants: []access.Grant{{Rights: []access.Right{access.Scale}, Jobs: []string{"shop/*"}}}},
		access.SetRole{Name: role(), Grants: []access.Grant{{Rights: []access.Right{access.Scale, access.Read}, Jobs: []string{"*"}}}},
		access.RemoveRole{Name: role()},
		access.BindGroup{Group: "g", Roles: []string{"reader"}},
		access.BindGroup{Group: "g"},
		access.SetPolicy{Hash: hash(n)},
	}).Draw(t, "command")
}
