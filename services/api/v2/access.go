package v2

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

const (
	// tokenLife is how long a token is good where nobody says for how long.
	tokenLife = 90 * 24 * time.Hour
	// never is what is said of one that is good for ever.
	never = "never"
)

// permissions are who may do what.
type permissions struct {
	reader    *reader.Reader
	commander Commander
	audit     Audit
	now       func() time.Time
}

// tokenList is all tokens that are known.
type tokenList struct {
	Tokens   []projection.TokenView `json:"tokens"`
	Sequence uint64                 `json:"sequence"`
}

func (p *permissions) tokens(c echo.Context) error {
	var list tokenList
	err := p.reader.Read(c, func(m *projection.Model, at reader.Moment) {
		list = tokenList{Tokens: m.Tokens(at.Now), Sequence: at.Sequence}
	})
	if err != nil {
		return err
	}
	if c.QueryParam("at") == "" { // Of then it is not known.
		for i := range list.Tokens {
			list.Tokens[i].LastUsed = p.audit.LastUse(list.Tokens[i].ID)
		}
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, list)
}

// tokenWanted is the body of a request for a token.
type tokenWanted struct {
	Owner string   `json:"owner"`
	Roles []string `json:"roles"`
	// Expires is a time of RFC 3339 or "never"; empty is in 90 days.
	Expires string `json:"expires"`
}

func (w tokenWanted) expires(now time.Time) (time.Time, error) {
	switch w.Expires {
	case "":
		return now.Add(tokenLife).UTC().Truncate(time.Second), nil
	case never:
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, w.Expires)
	if err != nil || t.IsZero() {
		return time.Time{}, web.BadParam("expires", "%q must be a time such as 2006-01-02T15:04:05Z, or %q; without it is in 90 days", web.Cleaned(w.Expires, web.WordMax), never)
	}
	return t.UTC(), nil
}

// tokenMade is a new token. Nobody is told its secret again.
type tokenMade struct {
	projection.TokenView

	Token string `json:"token"`
}

func (p *permissions) createToken(c echo.Context) error {
	var want tokenWanted
	if err := decode(c, &want); err != nil {
		return err
	}
	expires, err := want.expires(p.now())
	if err != nil {
		return err
	}
	token, err := authn.MakeToken()
	if err != nil {
		return err
	}
	err = p.change(c, access.CreateToken{ID: token.ID, Owner: want.Owner, Hash: token.Hash(), Roles: want.Roles, Expires: expires})
	if err != nil {
		return err
	}
	made := tokenMade{TokenView: p.token(token.ID), Token: token.Text()}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return web.WriteJSON(c, http.StatusCreated, web.JSONType, made)
}

func (p *permissions) revokeToken(c echo.Context) error {
	id, err := web.PathWord(c, "id")
	if err != nil {
		return err
	}
	if err := p.change(c, access.RevokeToken{ID: id, Reason: web.Cleaned(c.QueryParam("reason"), reasonMax)}); err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, p.token(id))
}

// token is one of now.
func (p *permissions) token(id string) (v projection.TokenView) {
	p.reader.View(func(m *projection.Model) { v = m.Token(id, p.now()) })
	return v
}

// roleList is all roles that there are.
type roleList struct {
	Roles    []projection.RoleView `json:"roles"`
	Sequence uint64                `json:"sequence"`
}

func (p *permissions) roles(c echo.Context) error {
	var list roleList
	err := p.reader.Read(c, func(m *projection.Model, at reader.Moment) {
		list = roleList{Roles: m.Roles(), Sequence: at.Sequence}
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, list)
}

// roleWanted is the body of a request that sets a role.
type roleWanted struct {
	Grants []projection.GrantView `json:"grants"`
}

func (p *permissions) setRole(c echo.Context) error {
	name, err := web.PathWord(c, "name")
	if err != nil {
		return err
	}
	var want roleWanted
	if err := decode(c, &want); err != nil {
		return err
	}
	grants := make([]access.Grant, len(want.Grants))
	for i, g := range want.Grants {
		grants[i] = access.Grant(g)
	}
	if err := p.change(c, access.SetRole{Name: name, Grants: grants}); err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, projection.RoleView{Name: name, Grants: want.Grants})
}

func (p *permissions) removeRole(c echo.Context) error {
	name, err := web.PathWord(c, "name")
	if err != nil {
		return err
	}
	if err := p.change(c, access.RemoveRole{Name: name}); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// groupList is all groups that have roles.
type groupList struct {
	Groups   []projection.GroupView `json:"groups"`
	Sequence uint64                 `json:"sequence"`
}

func (p *permissions) groups(c echo.Context) error {
	var list groupList
	err := p.reader.Read(c, func(m *projection.Model, at reader.Moment) {
		list = groupList{Groups: m.Groups(), Sequence: at.Sequence}
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, list)
}

// groupWanted is the body of a request that gives a group roles.
type groupWanted struct {
	// Roles are all that it is to have; nil if the request does not say.
	Roles []string `json:"roles"`
}

func (p *permissions) bindGroup(c echo.Context) error {
	name, err := web.PathWord(c, "name")
	if err != nil {
		return err
	}
	var want groupWanted
	if err := decode(c, &want); err != nil {
		return err
	}
	if want.Roles == nil { // Nobody takes all roles away by saying nothing.
		return web.BadParam("roles", "is missing; name all roles that the group is to have, or [] for none")
	}
	if err := p.change(c, access.BindGroup{Group: name, Roles: want.Roles}); err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, projection.GroupView{Name: name, Roles: want.Roles})
}

// change carries a command out; the answer is of the sequence that it made.
func (p *permissions) change(c echo.Context, cmd access.Command) error {
	sequence, err := p.commander.DoAccess(c.Request().Context(), web.RequestOf(c).Author, cmd)
	if err == nil {
		web.SetSequence(c, sequence)
	}
	return err
}
