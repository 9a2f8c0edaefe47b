package access_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/core/access"
)

func TestGrants(t *testing.T) {
	t.Parallel()
	roles := access.BuiltIn()
	roles["shop"] = []access.Grant{{Rights: []access.Right{access.Read, access.Stop, access.Admin}, Jobs: []string{"shop/*", "cart"}}}
	for _, c := range []struct {
		role  string
		right access.Right
		job   string
		want  bool
	}{
		{"shop", access.Read, "shop/web", true},
		{"shop", access.Read, "shop", false},
		{"shop", access.Read, "shopping", false},
		{"shop", access.Read, "cart", true},
		{"shop", access.Read, "cart/1", false},
		{"shop", access.Stop, "cart@20261130T033631Z-1", true}, // A run of what it names.
		{"shop", access.Scale, "cart@20261130T033631Z-1", false},
		{"shop", access.Read, "cart@later", false},
		{"shop", access.Read, "cart@20261130T033631Z-1/x", false},
		{"shop", access.Read, "a/cart@20261130T033631Z-1", false},
		{"shop", access.Read, "shop@20261130T033631Z-1", false},
		{"shop", access.Read, "shop/web@20261130T033631Z", true},
		{"shop", access.Read, "", false},
		{"shop", access.Scale, "shop/web", false},
		{"shop", access.Admin, "", false},
		{"shop", access.Admin, "shop/web", false},
		{"reader", access.Read, "anything", true},
		{"reader", access.Read, "", true},
		{"reader", access.Stop, "anything", false},
		{"admin", access.Admin, "", true},
		{"operator", access.Admin, "", false},
		{"nobody", access.Read, "cart", false},
	} {
		p := access.Principal{Roles: []string{c.role}}
		if got := access.May(roles, p, c.right, c.job); got != c.want {
			t.Errorf("%s may %s %q: %t", c.role, c.right, c.job, got)
		}
	}
	for right, want := range map[access.Right]bool{access.Read: true, access.Stop: true, access.Admin: false, access.Scale: false} {
		if got := access.MayAny(roles, access.Principal{Roles: []string{"shop"}}, right); got != want {
			t.Errorf("any %s: %t", right, got)
		}
	}
}

// TestMayAll: only a grant of the right itself, on all jobs, leaves nothing out.
func TestMayAll(t *testing.T) {
	t.Parallel()
	all := access.Grants{
		{Rights: []access.Right{access.Read, access.Logs}, Jobs: []string{"shop/*", "cart"}},
		{Rights: []access.Right{access.Stop, access.Logs}, Jobs: []string{"shop/*", "*"}},
	}
	for right, want := range map[access.Right]bool{access.Read: false, access.Stop: true, access.Logs: true, access.Scale: false} {
		if got := all.MayAll(right); got != want {
			t.Errorf("all may %s: %t", right, got)
		}
	}
}
