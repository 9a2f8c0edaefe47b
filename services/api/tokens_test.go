package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// TestTheLifeOfAToken, by way of the API alone: what its role gives it may, as soon as the
// role gives other things it may those, and revoked it may nothing. When it was used is told.
func TestTheLifeOfAToken(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	admin := bearer(token(t, r, "ann", time.Time{}, access.RoleAdmin).Text())
	role := func(rights string) {
		r.Do("PUT", "/v2/roles/shop", `{"grants":[{"rights":[`+rights+`],"jobs":["shop/*"]}]}`, admin).Want(http.StatusOK)
	}
	role(`"read","submit"`)
	var made struct{ ID, Token string }
	r.Do("POST", "/v2/tokens", `{"owner":"ci","roles":["shop"]}`, admin).Want(http.StatusCreated).Into(&made)
	ci := bearer(made.Token)
	listed := func(by apitest.Headers, at string) (v projection.TokenView) {
		t.Helper()
		var list struct{ Tokens []projection.TokenView }
		r.Do("GET", "/v2/tokens"+at, "", by).Want(http.StatusOK).Into(&list)
		for _, one := range list.Tokens {
			if one.ID == made.ID {
				v = one
			}
		}
		return v
	}
	if v := listed(admin, ""); v.CreatedBy != "ann" || !v.LastUsed.IsZero() {
		t.Errorf("before it was used: %+v", v)
	}
	job := strings.Replace(apitest.OneTask, "web", "shop/web", 1)
	sequence := r.Do("POST", "/v2/jobs", job, ci).Want(http.StatusCreated).Header.Get("X-Taurus-Sequence")
	r.Do("POST", "/v2/jobs", apitest.OneTask, ci).Want(http.StatusForbidden)
	r.Do("POST", "/v2/jobs/shop%2Fweb/stop", "", ci).Want(http.StatusForbidden)
	for _, target := range []string{"/v2/tokens", "/v2/roles", "/v2/groups"} {
		r.Do("GET", target, "", ci).Want(http.StatusForbidden)
	}
	r.Do("POST", "/v2/tokens", `{"owner":"ci","roles":["admin"]}`, ci).Want(http.StatusForbidden)
	r.Do("PUT", "/v2/roles/shop", `{"grants":[{"rights":["admin"],"jobs":["*"]}]}`, ci).Want(http.StatusForbidden)
	r.Do("DELETE", "/v2/tokens/"+made.ID, "", ci).Want(http.StatusForbidden)
	if v := listed(admin, ""); time.Since(v.LastUsed) > time.Minute {
		t.Errorf("after it was used: %+v", v)
	}
	if v := listed(admin, "?at="+sequence); !v.LastUsed.IsZero() {
		t.Errorf("then: %+v", v)
	}
	role(`"read","stop"`)
	r.Do("POST", "/v2/jobs/shop%2Fweb/stop", "", ci).Want(http.StatusOK)
	r.Do("POST", "/v2/jobs", strings.Replace(job, "shop/web", "shop/db", 1), ci).Want(http.StatusForbidden)
	r.Do("DELETE", "/v2/roles/shop", "", admin).Want(http.StatusNoContent)
	r.Do("GET", "/v2/jobs/shop%2Fweb", "", ci).Want(http.StatusNotFound)
	role(`"read"`)
	r.Do("GET", "/v2/jobs/shop%2Fweb", "", ci).Want(http.StatusOK)
	r.Do("DELETE", "/v2/tokens/"+made.ID, "", admin).Want(http.StatusOK)
	if a := r.Do("GET", "/v2/jobs/shop%2Fweb", "", ci).Want(http.StatusUnauthorized); !strings.Contains(a.Body, "revoked") {
		t.Errorf("got %s", a.Body)
	}
	if strings.Contains(r.Lines.String(), made.Token[len(made.Token)-64:]) {
		t.Error("the secret was logged")
	}
}
