package api_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// token appends that a token was created, and returns it.
func token(t *testing.T, r *apitest.Rig, owner string, expires time.Time, roles ...string) authn.Token {
	t.Helper()
	made, err := authn.MakeToken()
	if err != nil {
		t.Fatal(err)
	}
	r.Append(events.AccessSubject, events.TokenCreated{ID: made.ID, Owner: owner, Hash: made.Hash(), Roles: roles, Expires: expires})
	return made
}

func bearer(text string) apitest.Headers { return apitest.Headers{"Authorization": "Bearer " + text} }

func basic(user, password string) apitest.Headers {
	return apitest.Headers{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}
}

// TestNoGoodCredentialOpensNothing, on any route of any dialect, also where anonymous may
// do everything: who shows one is not taken for somebody who shows none.
func TestNoGoodCredentialOpensNothing(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) {
		o.Requests.FailuresPerMinute, o.Requests.Rate, o.Requests.RateBurst = 1_000_000, 1_000_000, 1_000_000 // Of all of them.
	})
	r.Create(strings.Replace(apitest.OneTask, "web", theirs, 1))
	never := time.Time{}
	good := token(t, r, "ann", never, access.RoleAdmin)
	revoked := token(t, r, "ann", never, access.RoleAdmin)
	r.Append(events.AccessSubject, events.TokenRevoked{ID: revoked.ID})
	expired := token(t, r, "ann", time.Now().Add(-time.Second), access.RoleAdmin)
	unknown, err := authn.MakeToken()
	if err != nil {
		t.Fatal(err)
	}
	secret := good.Text()[len(good.Text())-64:]
	forged := strings.Replace(good.Text(), secret, strings.Repeat("0", 64), 1)
	wrong := map[string]struct {
		header apitest.Headers
		says   string
	}{
		"revoked":             {bearer(revoked.Text()), "The token was revoked"},
		"expired":             {bearer(expired.Text()), "The token has expired"},
		"unknown":             {bearer(unknown.Text()), "The token is not known"},
		"forged":              {bearer(forged), "The token is not known"},
		"another's secret":    {bearer(strings.Replace(unknown.Text(), unknown.ID, good.ID, 1)), "The token is not known"},
		"half of it":          {bearer(good.Text()[:60]), "The token is not known"},
		"upper case":          {bearer("taurus_" + strings.ToUpper(good.Text()[7:])), "The token is not known"},
		"a hash":              {bearer("taurus_" + good.ID + "_" + good.Hash()), "The token is not known"},
		"nothing":             {apitest.Headers{"Authorization": ""}, "is of no kind"},
		"bearer of nothing":   {bearer(""), "is of no kind"},
		"a JWT":               {bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."), "is of no kind"},
		"another scheme":      {apitest.Headers{"Authorization": "Digest username=\"ann\""}, "is of no kind"},
		"no scheme":           {apitest.Headers{"Authorization": good.Text()}, "is of no kind"},
		"a password":          {basic("ann", "admin"), "is of no kind"},
		"as the user":         {basic(good.Text(), ""), "is of no kind"},
		"revoked, a password": {basic("ann", revoked.Text()), "The token was revoked"},
		"forged, a password":  {basic("ann", forged), "The token is not known"},
	}
	for _, o := range operations(t, r.Document()) {
		for name, w := range wrong {
			if o.open && o.method == http.MethodGet && o.path != "/v2/whoami" {
				r.Do(o.method, o.target(theirs), "", w.header).Want(http.StatusOK)
				continue
			}
			a := r.Do(o.method, o.target(theirs), o.body(theirs), w.header).Want(http.StatusUnauthorized)
			if !strings.Contains(a.Body, w.says) || strings.Contains(a.Body, secret) || !strings.Contains(a.Header.Get("WWW-Authenticate"), "invalid_token") {
				t.Errorf("%s %s, %s: %v %s", o.method, o.path, name, a.Header, a.Body)
			}
		}
	}
	for _, header := range []apitest.Headers{bearer(good.Text()), basic("whoever", good.Text()), {"Authorization": "bearer  " + good.Text()}} {
		r.Do(http.MethodGet, "/v2/jobs", "", header).Want(http.StatusOK)
	}
	if strings.Contains(r.Lines.String(), secret) {
		t.Error("the secret was logged")
	}
}

// TestWhoSignedInIsInTheLog, and for whom, if they may say so.
func TestWhoSignedInIsInTheLog(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	admin, operator := token(t, r, "ci", time.Time{}, access.RoleAdmin), token(t, r, "bob", time.Time{}, access.RoleOperator)
	for _, row := range []struct {
		id     string
		who    authn.Token
		as     string
		status int
		by     string
	}{
		{"a", admin, "", 201, "ci"},
		{"b", admin, "ann", 201, "ann (through ci)"},
		{"c", operator, "", 201, "bob"},
		{"d", operator, "bob", 201, "bob"},
		{"e", operator, "ann", 403, ""},
	} {
		header := bearer(row.who.Text())
		if row.as != "" {
			header["X-Taurus-Actor"] = row.as
		}
		a := r.Do(http.MethodPost, "/v2/jobs", strings.Replace(apitest.OneTask, "web", row.id, 1), header).Want(row.status)
		if row.status == 403 {
			if right, _ := missing(a); right != "impersonate" {
				t.Errorf("the right %q is said to be missing", right)
			}
			continue
		}
		var v struct {
			SubmittedBy string `json:"submitted_by"`
		}
		if a.Into(&v); v.SubmittedBy != row.by {
			t.Errorf("%s: by %q, want %q", row.id, v.SubmittedBy, row.by)
		}
	}
}
