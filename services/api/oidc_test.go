package api_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// TestSigningInByJWT: whoever the issuer says it is may do what the roles of their groups
// grant, a feed ends with the JWT that opened it, and the kinds of bearers are told apart.
func TestSigningInByJWT(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var issuer *httptest.Server
	issuer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k"}}})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": issuer.URL, "jwks_uri": issuer.URL + "/keys"})
	}))
	t.Cleanup(issuer.Close)
	jwt := func(life time.Duration, groups ...string) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(map[string]any{"iss": issuer.URL, "aud": "taurus", "sub": "ann", "groups": groups, "exp": time.Now().Add(life).Unix()})
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign(data)
		if err != nil {
			t.Fatal(err)
		}
		text, err := jws.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	r := apitest.New(t, func(o *api.Options) {
		o.Anonymous = "none"
		o.OIDC = &authn.OIDC{Issuer: authn.NewIssuer(issuer.URL, time.Now, zerolog.Nop()), Audience: "taurus", NameClaim: "sub", GroupsClaim: "groups"}
	})
	s := &secured{Rig: r, t: t}
	s.put(events.AccessSubject, events.GroupBound{Group: "team-shop", Roles: []string{access.RoleReader}})
	ask := func(bearer, target string) apitest.Answer {
		return r.Do("GET", target, "", header{"Authorization": "Bearer " + bearer})
	}
	in := jwt(time.Hour, "team-shop", "other")
	ask(in, "/v2/jobs").Want(200)
	ask(in, "/v2/tokens").Want(403)
	ask(jwt(time.Hour, "other"), "/v2/jobs").Want(403)
	if a := ask(in, "/v2/whoami").Want(200); !strings.Contains(a.Body, `"name":"ann"`) || !strings.Contains(a.Body, `"by":"oidc"`) {
		t.Errorf("whoami: %s", a.Body)
	}
	for bearer, why := range map[string]string{
		jwt(-time.Hour, "team-shop"): "expired", in[:len(in)-4] + "AAAA": "not signed by a key of the issuer",
		"taurus_" + strings.Repeat("0", 32) + "_" + strings.Repeat("0", 64): "token", "hello": "not signed by a key",
	} {
		if a := ask(bearer, "/v2/jobs").Want(401); !strings.Contains(a.Body, why) || strings.Contains(a.Body, bearer) {
			t.Errorf("%s: %s", why, a.Body)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.API.Addr()+"/v2/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+jwt(-28*time.Second, "team-shop")) // The clocks may be apart by 30 s.
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if rest, err := io.ReadAll(bufio.NewReader(resp.Body)); resp.StatusCode != http.StatusOK || err != nil || !strings.Contains(string(rest), "problem:credential") {
		t.Errorf("%d: the feed ended with %v: %s", resp.StatusCode, err, rest)
	}
}
