package authn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/rs/zerolog"
)

const (
	// keysEvery is how often the keys of an issuer are asked for, so that one that it takes
	// away is soon no good; askEvery how often at most, whatever JWTs come.
	keysEvery = 5 * time.Minute
	askEvery  = 10 * time.Second
	// issuerTimeout bounds one answer of an issuer, issuerMax its size in bytes.
	issuerTimeout = 5 * time.Second
	issuerMax     = 1 << 20
)

var (
	errIssuerAway = errors.New("the keys of the issuer of JWTs cannot be had at present; sign in by a token or a certificate, or try again later")
	errSignature  = errors.New("the JWT is not signed by a key of the issuer")
)

// Issuer gives out JWTs; it is known by its keys. It is safe for concurrent use.
type Issuer struct {
	url    string
	client *http.Client
	now    func() time.Time
	log    zerolog.Logger

	asking sync.Mutex // Held while the issuer is asked.
	asked  time.Time

	mu     sync.Mutex
	keys   []jose.JSONWebKey
	failed bool
}

// NewIssuer returns the issuer at a URL, which is asked for nothing yet.
func NewIssuer(url string, now func() time.Time, log zerolog.Logger) *Issuer {
	return &Issuer{url: url, client: &http.Client{Timeout: issuerTimeout}, now: now, log: log}
}

// CheckIssuer returns why a URL is that of no issuer to be believed.
func CheckIssuer(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return errors.New("want a URL such as https://accounts.example.com, without a query")
	case u.Scheme == "https", u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost" || u.Hostname() == "::1"):
		return nil
	}
	return errors.New("use https: whoever is on the way could give keys of their own")
}

// Watch asks for the keys every now and then until ctx ends.
func (i *Issuer) Watch(ctx context.Context) {
	for {
		wait := keysEvery
		if !i.refresh(ctx, 0) {
			wait = askEvery
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// refresh asks for the keys unless it has just been done, and reports whether those there
// are came with the last answer.
func (i *Issuer) refresh(ctx context.Context, atMostEvery time.Duration) bool {
	i.asking.Lock()
	defer i.asking.Unlock()
	now := i.now()
	if i.asked.IsZero() || now.Sub(i.asked) >= atMostEvery {
		i.asked = now
		keys, err := i.ask(ctx)
		i.learn(keys, err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return !i.failed
}

// learn takes over keys. Where there are none the old ones stay, and it is told once.
func (i *Issuer) learn(keys []jose.JSONWebKey, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil {
		if !i.failed {
			i.log.Warn().Err(err).Str("issuer", i.url).Int("keys", len(i.keys)).Msg("the issuer of JWTs does not give its keys; those from before go on, other credentials do, too")
		}
		i.failed = true
		return
	}
	if i.failed || i.keys == nil {
		i.log.Info().Str("issuer", i.url).Int("keys", len(keys)).Msg("the issuer of JWTs has given its keys")
	}
	i.keys, i.failed = keys, false
}

func (i *Issuer) ask(ctx context.Context) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, i.client), 2*issuerTimeout)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, i.url)
	if err != nil {
		return nil, fmt.Errorf("authn: %w", err)
	}
	var about struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&about); err != nil {
		return nil, fmt.Errorf("authn: %w", err)
	}
	if err := CheckIssuer(about.Keys); err != nil {
		return nil, fmt.Errorf("authn: jwks_uri %q: %w", about.Keys, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, about.Keys, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("authn: %w", err)
	}
	resp, err := i.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("authn: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("authn: %s answers %s", about.Keys, resp.Status)
	}
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(io.LimitReader(resp.Body, issuerMax)).Decode(&set); err != nil {
		return nil, fmt.Errorf("authn: %s: %w", about.Keys, err)
	}
	keys := []jose.JSONWebKey{}
	for _, k := range set.Keys {
		// A key that is no public one would let whoever knows it sign.
		if k.IsPublic() && k.Valid() && (k.Use == "" || k.Use == "sig") {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// algorithms are the signatures that are taken: by a key pair, whose public half alone is
// known here.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// open returns what a JWT says, if a key of the issuer signed it.
func (i *Issuer) open(ctx context.Context, text string) ([]byte, error) {
	if strings.Count(text, ".") != 2 {
		return nil, errSignature
	}
	jws, err := jose.ParseSignedCompact(text, algorithms())
	if err != nil {
		return nil, errSignature
	}
	payload, known := i.verify(jws)
	if payload != nil {
		return payload, nil
	}
	if !known {
		// It may be of a key that is new.
		if !i.refresh(context.WithoutCancel(ctx), askEvery) { // Others wait for it, too.
			return nil, errIssuerAway
		}
		if payload, _ = i.verify(jws); payload != nil {
			return payload, nil
		}
	}
	return nil, errSignature
}

// verify returns what was signed, nil if by none of the keys, and whether a key of that name
// is known.
func (i *Issuer) verify(jws *jose.JSONWebSignature) (payload []byte, known bool) {
	i.mu.Lock()
	keys := i.keys
	i.mu.Unlock()
	header := jws.Signatures[0].Header
	for _, k := range keys {
		if header.KeyID != "" && k.KeyID != header.KeyID || k.Algorithm != "" && k.Algorithm != header.Algorithm {
			continue
		}
		known = true
		if payload, err := jws.Verify(k); err == nil {
			return payload, true
		}
	}
	return nil, known
}
