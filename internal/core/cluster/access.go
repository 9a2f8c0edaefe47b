package cluster

import (
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/pkg/events"
)

func (s *State) applyAccess(r *Record) Change {
	at := access.Written{Sequence: r.Sequence, At: r.Time, By: r.Envelope.By()}
	switch what, why := s.Access.Apply(at, r.Event); what {
	case access.Changed:
		ev, ruled := r.Event.(events.PolicySet)
		if ruled {
			s.obey(ev)
		}
		return Change{Access: true, Rules: ruled}
	case access.Past:
		return Change{Judgement: Outranked}
	case access.Refused:
		return s.reject(r, why)
	case access.Unknown:
	}
	return s.skip(nil)
}

// access checks what an event of access says.
func (c *checker) access(ev events.Event) {
	switch ev := ev.(type) {
	case events.TokenCreated:
		c.given("id", ev.ID)
		c.given("owner", ev.Owner)
		c.given("hash", ev.Hash)
		c.names("roles", ev.Roles)
	case events.TokenRevoked:
		c.given("id", ev.ID)
		c.text("reason", ev.Reason)
	case events.RoleSet:
		c.given("name", ev.Name)
		c.length("grants", len(ev.Grants))
		for _, g := range ev.Grants {
			c.names("grants.rights", g.Rights)
			c.names("grants.jobs", g.Jobs)
		}
	case events.RoleRemoved:
		c.given("name", ev.Name)
	case events.GroupBound:
		c.given("group", ev.Group)
		c.names("roles", ev.Roles)
	case events.PolicySet:
		c.given("hash", ev.Hash)
		c.bytes("text", ev.Text, access.PolicyBytes)
	default:
	}
}
