package vault_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/internal/secret/secrettest"
	"github.com/milosgajdos/taurus/internal/secret/vault"
)

func tokenFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, cfg vault.Config) *vault.Provider {
	t.Helper()
	p, err := vault.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func stubbed(t *testing.T) (*stub, *vault.Provider) {
	t.Helper()
	s, server := newStub(t)
	return s, open(t, vault.Config{Address: server.URL, TokenFile: tokenFile(t, token+"\n"), Namespace: namespace, Mount: mount, Timeout: 500 * time.Millisecond})
}

// TestProvider runs the suite on a stub.
func TestProvider(t *testing.T) {
	secrettest.Run(t, func(t *testing.T) secrettest.Store {
		s, p := stubbed(t)
		return secrettest.Store{
			Provider: p, Versioned: true,
			Put:    func(_ *testing.T, name, value string) { s.put(name, value) },
			Forbid: func(_ *testing.T, name string) { s.denied[name] = true },
			Break: func(_ *testing.T, value string) {
				s.status, s.body = 500, `{"errors":["could not decrypt `+strings.ReplaceAll(value, `"`, `\"`)+`"]}`
			},
		}
	})
}

// TestKeys: which part of a secret a name means.
func TestKeys(t *testing.T) {
	s, p := stubbed(t)
	s.keys["db"] = map[string]any{"user": "app", "password": "pw", "port": 5432}
	s.keys["one"] = map[string]any{"token": "only"}
	s.keys["both"] = map[string]any{"value": "meant", "other": "not"}
	s.keys["none"] = map[string]any{}
	for name, want := range map[string]string{"db#user": "app", "db#password": "pw", "one": "only", "one#token": "only", "both": "meant", "both#other": "not"} {
		if v, version, err := p.Get(t.Context(), name); err != nil || string(v.Bytes()) != want || version != "1" {
			t.Errorf("%s: %q version %q, %v", name, v.Bytes(), version, err)
		}
	}
	for name, mend := range map[string]string{"db": "name one: db#key", "db#port": "write a string", "db#absent": `no key "absent"`, "none": "name one"} {
		if _, _, err := p.Get(t.Context(), name); !errors.Is(err, secret.ErrMissing) || !strings.Contains(err.Error(), mend) {
			t.Errorf("%s: %v, want %q in it", name, err, mend)
		}
	}
}

// TestDeleted: a secret whose newest version was deleted is missing.
func TestDeleted(t *testing.T) {
	s, p := stubbed(t)
	s.put("a", "first")
	s.put("a", "")
	if _, _, err := p.Get(t.Context(), "a"); !errors.Is(err, secret.ErrMissing) || !strings.Contains(err.Error(), "deleted") {
		t.Errorf("%v", err)
	}
}

// TestTokenIsReadAnew: a token that an agent of Vault renews in its file is used at once; one that others may read is not.
func TestTokenIsReadAnew(t *testing.T) {
	s, server := newStub(t)
	file := tokenFile(t, "old")
	p := open(t, vault.Config{Address: server.URL, TokenFile: file, Namespace: namespace, Mount: mount})
	s.put("a", "value")
	if _, _, err := p.Get(t.Context(), "a"); !errors.Is(err, secret.ErrForbidden) {
		t.Errorf("with the old token: %v", err)
	}
	for content, fine := range map[string]bool{token: true, token + "\n": true, "": false, token + "\nmore": false} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.Get(t.Context(), "a"); fine != (err == nil) || !fine && !errors.Is(err, secret.ErrUnavailable) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Get(t.Context(), "a"); !errors.Is(err, secret.ErrUnavailable) || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("with a file that anybody may read: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Get(t.Context(), "a"); !errors.Is(err, secret.ErrUnavailable) {
		t.Errorf("without the file: %v", err)
	}
}

// TestTimeout: a Vault that does not answer is given up, also if whoever asks waits longer.
func TestTimeout(t *testing.T) {
	s, p := stubbed(t)
	s.hang = make(chan struct{})
	defer close(s.hang)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, _, err := p.Get(ctx, "a"); !errors.Is(err, secret.ErrUnavailable) || ctx.Err() != nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
}

// TestStandby: the token goes to no host that an answer names.
func TestStandby(t *testing.T) {
	stranger, elsewhere := newStub(t)
	s, p := stubbed(t)
	s.status = 307
	s.body = elsewhere.URL
	if _, _, err := p.Get(t.Context(), "a"); !errors.Is(err, secret.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if len(stranger.seen) > 0 || slices.Contains(stranger.tokens, token) {
		t.Error("the token went where it was redirected")
	}
}

// TestUnavailable: what is told of a Vault that is sealed, or not there.
func TestUnavailable(t *testing.T) {
	s, p := stubbed(t)
	s.status, s.body = 503, `{"errors":["Vault is sealed"]}`
	if _, _, err := p.Get(t.Context(), "a"); !errors.Is(err, secret.ErrUnavailable) || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v", err)
	}
	_, server := newStub(t)
	gone := open(t, vault.Config{Address: server.URL, TokenFile: tokenFile(t, token)})
	server.Close()
	if _, _, err := gone.Get(t.Context(), "a"); !errors.Is(err, secret.ErrUnavailable) || !strings.Contains(err.Error(), "reached") {
		t.Errorf("%v", err)
	}
}

// TestConfig: what would send the token in the clear, or without one, is refused.
func TestConfig(t *testing.T) {
	t.Setenv("VAULT_TOKEN", "")
	for name, cfg := range map[string]vault.Config{
		"plain": {Address: "http://vault.internal:8200", TokenFile: "x"}, "no address": {TokenFile: "x"}, "no scheme": {Address: "vault:8200", TokenFile: "x"},
		"no token": {Address: "https://vault:8200"}, "user": {Address: "https://a:b@vault:8200", TokenFile: "x"},
		"mount": {Address: "https://vault:8200", TokenFile: "x", Mount: "/secret/"}, "up": {Address: "https://vault:8200", TokenFile: "x", Mount: "a/../sys"},
	} {
		if _, err := vault.New(cfg); !errors.Is(err, vault.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("VAULT_TOKEN", token)
	s, server := newStub(t)
	s.put("a", "value")
	if _, _, err := open(t, vault.Config{Address: server.URL, Namespace: namespace, Mount: mount}).Get(t.Context(), "a"); err != nil {
		t.Errorf("with VAULT_TOKEN: %v", err)
	}
}
