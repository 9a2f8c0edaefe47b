package access_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// known has a token that is good, one that is revoked, a role, a group and a policy.
func known() *fold {
	f := newFold()
	f.apply(events.TokenCreated{ID: id(1), Owner: "bob", Hash: hash(1)})
	f.apply(events.TokenCreated{ID: id(2), Owner: "bob", Hash: hash(2)})
	f.apply(events.TokenRevoked{ID: id(2)})
	f.apply(events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"read"}, Jobs: []string{"shop/*"}}}})
	f.apply(events.GroupBound{Group: "g", Roles: []string{"shop"}})
	f.apply(events.PolicySet{Hash: hash(3), Text: "x"})
	return f
}

// TestDecide: the event that each command leads to, or why to none.
func TestDecide(t *testing.T) {
	t.Parallel()
	f := known()
	read := func(jobs ...string) []access.Grant {
		return []access.Grant{{Rights: []access.Right{access.Read}, Jobs: jobs}}
	}
	later := start.Add(time.Hour)
	for i, c := range []struct {
		command access.Command
		want    events.Event
		err     error
	}{
		{
			access.CreateToken{ID: id(3), Owner: "Ann Bø", Hash: hash(3), Roles: []string{"shop", "reader"}, Expires: later},
			events.TokenCreated{ID: id(3), Owner: "Ann Bø", Hash: hash(3), Roles: []string{"shop", "reader"}, Expires: later},
			nil,
		},
		{access.CreateToken{ID: id(1), Owner: "ann", Hash: hash(1), Roles: []string{"shop"}}, nil, access.ErrTaken},
		{access.CreateToken{ID: id(2), Owner: "ann", Hash: hash(1), Roles: []string{"shop"}}, nil, access.ErrTaken},
		{access.RevokeToken{ID: id(1), Reason: "lost"}, events.TokenRevoked{ID: id(1), Reason: "lost"}, nil},
		{access.RevokeToken{ID: id(2), Reason: "lost"}, nil, nil},
		{access.RevokeToken{ID: id(3)}, nil, access.ErrNoToken},
		{access.SetRole{Name: "shop", Grants: read("shop/*")}, nil, nil},
		{
			access.SetRole{Name: "shop", Grants: read("shop/*", "cart")},
			events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"read"}, Jobs: []string{"shop/*", "cart"}}}},
			nil,
		},
		{
			access.SetRole{Name: "shop", Grants: []access.Grant{{Rights: []access.Right{access.Stop}, Jobs: []string{"shop/*"}}}},
			events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"stop"}, Jobs: []string{"shop/*"}}}},
			nil,
		},
		{
			access.SetRole{Name: "new", Grants: read("*")},
			events.RoleSet{Name: "new", Grants: []events.Grant{{Rights: []string{"read"}, Jobs: []string{"*"}}}},
			nil,
		},
		{access.SetRole{Name: "admin", Grants: read("*")}, nil, access.ErrBuiltIn},
		{access.RemoveRole{Name: "shop"}, events.RoleRemoved{Name: "shop"}, nil},
		{access.RemoveRole{Name: "admin"}, nil, access.ErrBuiltIn},
		{access.RemoveRole{Name: "new"}, nil, access.ErrNoRole},
		{access.BindGroup{Group: "g", Roles: []string{"shop"}}, nil, nil},
		{access.BindGroup{Group: "g", Roles: []string{"reader"}}, events.GroupBound{Group: "g", Roles: []string{"reader"}}, nil},
		{access.BindGroup{Group: "g"}, events.GroupBound{Group: "g"}, nil},
		{access.BindGroup{Group: "h"}, nil, nil},
		{access.SetPolicy{Hash: hash(3), Text: "x"}, nil, nil},
		{access.SetPolicy{Hash: hash(4), Text: "y"}, events.PolicySet{Hash: hash(4), Text: "y"}, nil},
	} {
		got, err := access.Decide(&f.State, c.command, start)
		if !reflect.DeepEqual(got, c.want) || !errors.Is(err, c.err) || (err != nil) != (c.err != nil) {
			t.Errorf("%d, %T: %+v, %v", i, c.command, got, err)
		}
	}
	if ev, err := access.Decide(new(access.State), access.SetPolicy{Hash: hash(0)}, start); ev == nil || err != nil {
		t.Errorf("the first policy: %v, %v", ev, err)
	}
}

// TestFaults: what is malformed is told by field, with the mend, all at once.
func TestFaults(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", access.NameBytes+1)
	many := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprint("j", i)
		}
		return list
	}
	token := func(change func(*access.CreateToken)) access.Command {
		c := access.CreateToken{ID: id(7), Owner: "ann", Hash: hash(7), Roles: []string{"shop"}}
		change(&c)
		return c
	}
	role := func(rights []access.Right, jobs ...string) access.Command {
		return access.SetRole{Name: "r", Grants: []access.Grant{{Rights: rights, Jobs: jobs}}}
	}
	read := []access.Right{access.Read}
	for i, c := range []struct {
		command access.Command
		path    string // empty: nothing is wrong
		says    string
	}{
		{token(func(*access.CreateToken) {}), "", ""},
		{token(func(c *access.CreateToken) { c.Owner = "" }), "owner", "give a name"},
		{token(func(c *access.CreateToken) { c.Owner = " ann" }), "owner", "space"},
		{token(func(c *access.CreateToken) { c.Owner = long[1:] }), "", ""},
		{token(func(c *access.CreateToken) { c.Owner = long }), "owner", "at most 200"},
		{token(func(c *access.CreateToken) { c.Owner = "a\u200bnn" }), "owner", "remove"},
		{token(func(c *access.CreateToken) { c.Owner = "a\u202enn" }), "owner", "remove"},
		{token(func(c *access.CreateToken) { c.Owner = "a\nn" }), "owner", "remove"},
		{token(func(c *access.CreateToken) { c.Owner = "a\xff" }), "owner", "UTF-8"},
		{token(func(c *access.CreateToken) { c.Owner = "u\u0308" }), "owner", "composed"},
		{access.RevokeToken{ID: id(1), Reason: "u\u0308"}, "", ""},
		{token(func(c *access.CreateToken) { c.ID = "7" }), "id", "32 hexadecimal digits"},
		{token(func(c *access.CreateToken) { c.ID = strings.ToUpper(strings.Repeat("a", 32)) }), "id", "lower case"},
		{token(func(c *access.CreateToken) { c.Hash = hash(7)[1:] }), "hash", "64 hexadecimal digits"},
		{token(func(c *access.CreateToken) { c.Roles = nil }), "roles", "at least one role"},
		{token(func(c *access.CreateToken) { c.Roles = []string{"shop", "shopp"} }), "roles[1]", `no role "shopp"`},
		{token(func(c *access.CreateToken) { c.Roles = []string{"shop", "shop"} }), "roles[1]", "twice"},
		{token(func(c *access.CreateToken) { c.Roles = many(access.RolesEach + 1) }), "roles", "at most 100"},
		{token(func(c *access.CreateToken) { c.Expires = start }), "expires", "later"},
		{token(func(c *access.CreateToken) { c.Expires = start.Add(1) }), "", ""},
		{access.RevokeToken{ID: id(1), Reason: strings.Repeat("x", access.ReasonBytes)}, "", ""},
		{access.RevokeToken{ID: id(1), Reason: strings.Repeat("x", access.ReasonBytes+1)}, "reason", "at most 1024"},
		{access.RevokeToken{ID: id(1), Reason: "a\x1b"}, "reason", "remove"},
		{access.SetRole{Name: "r"}, "grants", "at least one"},
		{access.SetRole{Name: "r", Grants: make([]access.Grant, access.GrantsMax+1)}, "grants", "at most 100"},
		{access.SetRole{Name: long[1:], Grants: []access.Grant{{Rights: read, Jobs: []string{"*"}}}}, "", ""},
		{access.SetRole{Name: long, Grants: []access.Grant{{Rights: read, Jobs: []string{"*"}}}}, "name", "at most 200"},
		{access.SetRole{Name: "a b", Grants: []access.Grant{{Rights: read, Jobs: []string{"*"}}}}, "name", "no name of a role"},
		{access.SetRole{Name: "", Grants: []access.Grant{{Rights: read, Jobs: []string{"*"}}}}, "name", "no name of a role"},
		{access.SetRole{Name: ".r", Grants: []access.Grant{{Rights: read, Jobs: []string{"*"}}}}, "name", "no name of a role"},
		{access.SetRole{Name: "R2-d_2.x", Grants: []access.Grant{{Rights: read, Jobs: []string{"*"}}}}, "", ""},
		{role(nil, "*"), "grants[0].rights", "at least one of read, logs"},
		{role([]access.Right{"read", "dance"}, "*"), "grants[0].rights[1]", `no right "dance"`},
		{role([]access.Right{"read", "read"}, "*"), "grants[0].rights[1]", "twice"},
		{role([]access.Right{"read", "admin"}, "shop/*"), "grants[0].rights[1]", "on the cluster"},
		{role([]access.Right{"admin"}, "shop/*", "*"), "", ""},
		{role(read), "grants[0].jobs", "is missing"},
		{role(read, many(access.PatternsMax)...), "", ""},
		{role(read, many(access.PatternsMax+1)...), "grants[0].jobs", "at most 100"},
		{role(read, "shop/*", "*shop"), "grants[0].jobs[1]", "asterisk"},
		{role(read, "**"), "grants[0].jobs[0]", "asterisk"},
		{role(read, "a\u202e*"), "grants[0].jobs[0]", "remove"},
		{role(read, ""), "grants[0].jobs[0]", "give a name"},
		{access.BindGroup{Group: "", Roles: []string{"shop"}}, "group", "give a name"},
		{access.BindGroup{Group: "/org/über team", Roles: []string{"shop"}}, "", ""},
		{access.BindGroup{Group: "g", Roles: []string{"x"}}, "roles[0]", "no role"},
		{access.SetPolicy{Hash: "x"}, "hash", "64 hexadecimal digits"},
		{access.SetPolicy{Hash: hash(9), Text: strings.Repeat("x", access.PolicyBytes)}, "", ""},
		{access.SetPolicy{Hash: hash(9), Text: strings.Repeat("x", access.PolicyBytes+1)}, "text", "at most 262144"},
		{access.SetPolicy{Hash: hash(9), Text: "\xff"}, "text", "UTF-8"},
	} {
		ev, err := access.Decide(&known().State, c.command, start)
		var faults job.Faults
		switch errors.As(err, &faults); {
		case c.path == "" && (err != nil || ev == nil):
			t.Errorf("%d, %+v: %v", i, c.command, err)
		case c.path != "" && (len(faults) != 1 || faults[0].Path != c.path || !strings.Contains(faults[0].Message, c.says) || ev != nil):
			t.Errorf("%d, %+v: %v, want %s: %s", i, c.command, err, c.path, c.says)
		}
	}
	f := newFold()
	for _, name := range many(access.RolesEach) {
		f.apply(events.RoleSet{Name: name})
	}
	most := []access.Command{
		access.BindGroup{Group: "g", Roles: many(access.RolesEach)},
		access.SetRole{Name: "r", Grants: slices.Repeat([]access.Grant{{Rights: read, Jobs: []string{"*"}}}, access.GrantsMax)},
	}
	for _, c := range most {
		if ev, err := access.Decide(&f.State, c, start); err != nil || ev == nil {
			t.Errorf("%T of as many as may be: %v", c, err)
		}
	}
	var all job.Faults
	if _, err := access.Decide(new(access.State), access.CreateToken{}, start); !errors.As(err, &all) || len(all) != 4 {
		t.Errorf("all at once: %v", err)
	}
}
