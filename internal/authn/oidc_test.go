package authn_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
)

// issuer is one that a test has in hand.
type issuer struct {
	t      *testing.T
	server *httptest.Server
	lines  bytes.Buffer

	mu    sync.Mutex
	down  bool
	asked int
	keys  map[string]any // Private ones, by kid.
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t, keys: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.down {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.server.URL, "jwks_uri": i.server.URL + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.asked++
		set := jose.JSONWebKeySet{}
		for kid, key := range i.keys {
			k := jose.JSONWebKey{Key: key, KeyID: kid, Use: "sig"}
			set.Keys = append(set.Keys, k.Public())
		}
		// No issuer in its right mind has that among its keys.
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: []byte("secret"), KeyID: "shared"})
		_ = json.NewEncoder(w).Encode(set)
	})
	i.server = httptest.NewServer(mux)
	t.Cleanup(i.server.Close)
	i.rotate("one", newKey(t))
	return i
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// rotate has one key and no other.
func (i *issuer) rotate(kid string, key any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = map[string]any{kid: key}
}

func (i *issuer) goDown(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// times reports how often its keys were asked for.
func (i *issuer) times() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// sign makes a JWT.
func sign(t *testing.T, alg jose.SignatureAlgorithm, kid string, key, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(claims)
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

// oidc is what the api has of the issuer, by a clock of the test's.
func (i *issuer) oidc(now *time.Time) *authn.OIDC {
	return &authn.OIDC{
		Issuer:   authn.NewIssuer(i.server.URL, func() time.Time { return *now }, zerolog.New(&i.lines)),
		Audience: "taurus", NameClaim: "email", GroupsClaim: "groups",
	}
}

func (i *issuer) claims(now time.Time, change map[string]any) map[string]any {
	all := map[string]any{
		"iss": i.server.URL, "aud": "taurus", "sub": "7", "email": "ann@example.com", "groups": []string{"team-shop", "cert:ops", "b\u200bad"},
		"exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
	}
	maps.Copy(all, change)
	return all
}

func bearing(text string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+text)
	return r
}

func refused(t *testing.T, o *authn.OIDC, text string, now time.Time, why string) {
	t.Helper()
	p, ok, err := o.Authenticate(bearing(text), &access.State{}, now)
	if ok || err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), text) {
		t.Errorf("%+v, %v, %v; want %s", p, ok, err, why)
	}
}

func TestClaims(t *testing.T) {
	i, now := newIssuer(t), time.Now()
	o := i.oidc(&now)
	for what, row := range map[string]struct {
		change map[string]any
		why    string
	}{
		"good":                  {},
		"several audiences":     {change: map[string]any{"aud": []string{"other", "taurus"}}},
		"verified":              {change: map[string]any{"email_verified": true}},
		"just over":             {change: map[string]any{"exp": now.Add(-29 * time.Second).Unix()}},
		"nearly valid":          {change: map[string]any{"nbf": now.Add(29 * time.Second).Unix()}},
		"another issuer":        {map[string]any{"iss": "https://evil.example"}, "another issuer"},
		"no issuer":             {map[string]any{"iss": nil}, "another issuer"},
		"issuer in other case":  {map[string]any{"iss": nil, "ISS": i.server.URL}, "another issuer"},
		"another audience":      {map[string]any{"aud": "other"}, "another audience"},
		"others":                {map[string]any{"aud": []string{"a", "b"}}, "another audience"},
		"no audience":           {map[string]any{"aud": nil}, "another audience"},
		"expired":               {map[string]any{"exp": now.Add(-time.Minute).Unix()}, "has expired"},
		"never expires":         {map[string]any{"exp": nil, "EXP": now.Add(time.Hour).Unix()}, "expire"},
		"an end that is a word": {map[string]any{"exp": "tomorrow"}, "never expires"},
		"not yet":               {map[string]any{"nbf": now.Add(time.Minute).Unix()}, "not valid yet"},
		"nbf that is a word":    {map[string]any{"nbf": "now"}, "not valid yet"},
		"no name":               {map[string]any{"email": nil}, "does not say who"},
		"a number for a name":   {map[string]any{"email": 7}, "does not say who"},
		"a name nobody sees":    {map[string]any{"email": "ann\u200b@example.com"}, "does not say who"},
		"not verified":          {map[string]any{"email_verified": false}, "not verified"},
		"verified by a word":    {map[string]any{"email_verified": "true"}, "not verified"},
	} {
		t.Run(what, func(t *testing.T) {
			text := sign(t, jose.ES256, "one", i.keys["one"], i.claims(now, row.change))
			if row.why != "" {
				refused(t, o, text, now, row.why)
				return
			}
			p, ok, err := o.Authenticate(bearing(text), &access.State{}, now)
			if !ok || err != nil || p.Name != "ann@example.com" || p.By != access.OIDC || !slices.Equal(p.Groups, []string{"team-shop"}) || !p.Expires.After(now) {
				t.Errorf("%+v, %v, %v", p, ok, err)
			}
		})
	}
	if n := i.times(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

// TestSignatures: of a key that the issuer has, and in no way that the public half is enough
// for.
func TestSignatures(t *testing.T) {
	i, now := newIssuer(t), time.Now()
	o := i.oidc(&now)
	claims := i.claims(now, nil)
	data, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	unsigned := encode([]byte(`{"alg":"none","kid":"one"}`)) + "." + encode(data) + "."
	good := sign(t, jose.ES256, "one", i.keys["one"], claims)
	parts := strings.Split(good, ".")
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"none":                unsigned,
		"a shared secret":     sign(t, jose.HS256, "shared", []byte("secretsecretsecretsecretsecretse"), claims),
		"an unknown key":      sign(t, jose.ES256, "two", newKey(t), claims),
		"another of its name": sign(t, jose.ES256, "one", newKey(t), claims),
		"another kind":        sign(t, jose.RS256, "one", other, claims),
		"no kid":              sign(t, jose.ES256, "", newKey(t), claims),
		"other claims":        parts[0] + "." + encode([]byte(strings.Replace(string(data), "ann", "bob", 1))) + "." + parts[2],
		"no signature":        parts[0] + "." + parts[1] + ".",
		"two parts":           parts[0] + "." + parts[1],
		"no JWT":              "hello",
		"dots":                "..",
	} {
		t.Run(what, func(t *testing.T) { refused(t, o, text, now, "not signed by a key of the issuer") })
	}
	if p, ok, err := o.Authenticate(bearing(good), &access.State{}, now); !ok || err != nil {
		t.Errorf("%+v, %v", p, err)
	}
	// What is no JWT is somebody else's to look at.
	for _, text := range []string{"", "taurus_" + strings.Repeat("0", 32) + "_" + strings.Repeat("0", 64)} {
		if _, ok, err := o.Authenticate(bearing(text), &access.State{}, now); ok || err != nil {
			t.Errorf("%q: %v, %v", text, ok, err)
		}
	}
}

// TestKeysChange: a new key is known with the first JWT of it, an old one is good no more once
// the keys were asked for again, and however many come of no key, the issuer is asked
// seldom.
func TestKeysChange(t *testing.T) {
	i, now := newIssuer(t), time.Now()
	o := i.oidc(&now)
	before := i.keys["one"]
	old := sign(t, jose.ES256, "one", before, i.claims(now, nil))
	if _, ok, err := o.Authenticate(bearing(old), &access.State{}, now); !ok {
		t.Fatal(err)
	}
	i.rotate("two", newKey(t))
	fresh := sign(t, jose.ES256, "two", i.keys["two"], i.claims(now, nil))
	refused(t, o, fresh, now, "not signed") // It has just been asked.
	now = now.Add(10 * time.Second)
	if _, ok, err := o.Authenticate(bearing(fresh), &access.State{}, now); !ok {
		t.Error(err)
	}
	refused(t, o, old, now, "not signed")
	asked := i.times()
	for range 100 {
		refused(t, o, sign(t, jose.ES256, "three", before, i.claims(now, nil)), now, "not signed")
	}
	if n := i.times(); n != asked {
		t.Errorf("it was asked %d times more", n-asked)
	}
}

// TestIssuerThatIsAway: its JWTs are refused with that for a reason as long as no keys are
// known, and go on when it goes away later.
func TestIssuerThatIsAway(t *testing.T) {
	i, now := newIssuer(t), time.Now()
	i.goDown(true)
	o := i.oidc(&now)
	text := sign(t, jose.ES256, "one", i.keys["one"], i.claims(now, nil))
	refused(t, o, text, now, "cannot be had at present")
	refused(t, o, text, now, "cannot be had at present")
	i.goDown(false)
	now = now.Add(10 * time.Second)
	if _, ok, err := o.Authenticate(bearing(text), &access.State{}, now); !ok {
		t.Error(err)
	}
	i.goDown(true)
	now = now.Add(time.Minute)
	refused(t, o, sign(t, jose.ES256, "two", newKey(t), i.claims(now, nil)), now, "cannot be had at present")
	if _, ok, err := o.Authenticate(bearing(text), &access.State{}, now); !ok {
		t.Errorf("a key that is known: %v", err)
	}
	if n := strings.Count(i.lines.String(), "does not give its keys"); n != 2 {
		t.Errorf("told %d times: %s", n, &i.lines)
	}
}

func TestCheckIssuer(t *testing.T) {
	for text, good := range map[string]bool{
		"https://accounts.example.com": true, "https://example.com/realms/one": true, "http://127.0.0.1:8080": true, "http://localhost": true,
		"http://example.com": false, "example.com": false, "": false, "https://example.com?x=1": false, "https://u:p@example.com": false, "ftp://example.com": false,
	} {
		if err := authn.CheckIssuer(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
