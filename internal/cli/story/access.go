package story

import (
	"strings"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// ofAccess tells who may do what from then on.
func ofAccess(ev events.Event) string {
	switch ev := ev.(type) {
	case events.TokenCreated:
		text := "token " + ev.ID + " of " + ev.Owner + " created with " + Roles(ev.Roles)
		if ev.Expires.IsZero() {
			return text + ", for good"
		}
		return text + ", until " + ev.Expires.UTC().Format(time.RFC3339)
	case events.TokenRevoked:
		return "token " + ev.ID + " revoked" + because(ev.Reason)
	case events.RoleSet:
		grants := make([]string, 0, len(ev.Grants))
		for _, g := range ev.Grants {
			grants = append(grants, strings.Join(g.Rights, ", ")+" on "+strings.Join(g.Jobs, ", "))
		}
		return "role " + ev.Name + " gives " + strings.Join(grants, "; ")
	case events.RoleRemoved:
		return "role " + ev.Name + " removed"
	case events.GroupBound:
		return "group " + ev.Group + " has " + Roles(ev.Roles)
	case events.PolicySet:
		return "policy set to " + ev.Hash[:min(len(ev.Hash), 12)]
	default:
		return ""
	}
}

// Roles tells of roles by their names.
func Roles(names []string) string {
	switch len(names) {
	case 0:
		return "no role"
	case 1:
		return "role " + names[0]
	}
	return "roles " + strings.Join(names, ", ")
}
