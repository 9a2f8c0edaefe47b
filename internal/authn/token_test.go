package authn_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/authn"
)

func made(t testing.TB) authn.Token {
	t.Helper()
	token, err := authn.MakeToken()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestTokens are read as they are written; no two are alike, and the hash is that of the
// secret alone.
func TestTokens(t *testing.T) {
	t.Parallel()
	form, seen := regexp.MustCompile(`^taurus_([0-9a-f]{32})_([0-9a-f]{64})$`), map[string]bool{}
	for range 100 {
		token := made(t)
		parts := form.FindStringSubmatch(token.Text())
		if parts == nil || parts[1] != token.ID || seen[parts[1]] || seen[parts[2]] || !authn.IsToken(token.Text()) {
			t.Fatalf("%s", token.Text())
		}
		seen[parts[1]], seen[parts[2]] = true, true
		if back, err := authn.ParseToken(token.Text()); err != nil || back.Text() != token.Text() {
			t.Errorf("%v is read as %v (%v)", token, back, err)
		}
		if sum := sha256.Sum256([]byte(parts[2])); token.Hash() != hex.EncodeToString(sum[:]) {
			t.Errorf("its hash is %s", token.Hash())
		}
	}
}

// TestNoTokens: what is not exactly one is none, and the error does not repeat it.
func TestNoTokens(t *testing.T) {
	t.Parallel()
	id, secret := strings.Repeat("0a", 16), strings.Repeat("b1", 32)
	for _, text := range []string{
		"", "taurus_", "taurus__", "taurus_" + id, "taurus_" + id + "_", "taurus_" + id + secret, "taurus__" + secret,
		id + "_" + secret, "TAURUS_" + id + "_" + secret, "taurus_" + strings.ToUpper(id) + "_" + secret, "taurus_" + id + "_" + strings.ToUpper(secret),
		" taurus_" + id + "_" + secret, "taurus_" + id + "_" + secret + "\n", "taurus_" + id + "_" + secret + "_", "taurus_" + id + "_" + secret[1:],
		"taurus_" + id[1:] + "_" + secret, "taurus_" + id + "_" + secret + "0", "taurus_" + id + "_" + "g" + secret[1:], "taurus_" + id[1:] + "/_" + secret,
		"taurus_" + id + "_" + secret[2:] + "é",
	} {
		token, err := authn.ParseToken(text)
		if !errors.Is(err, authn.ErrNoToken) || token.ID != "" {
			t.Errorf("%q is read as %v, %v", text, token, err)
		}
		if err != nil && len(text) > 30 && strings.Contains(err.Error(), secret[2:30]) {
			t.Errorf("%v", err)
		}
	}
	if zero := (authn.Token{}); zero.Text() != "" || zero.Hash() != "" {
		t.Errorf("no token is %q with hash %q", zero.Text(), zero.Hash())
	}
	for text, want := range map[string]bool{"taurus_x": true, "taurus": false, "eyJhbGciOiJSUzI1NiJ9.e30.x": false, "": false} {
		if authn.IsToken(text) != want {
			t.Errorf("%q means to be one: %t", text, !want)
		}
	}
}

// TestNoTokenShowsItsSecret by being printed, in whatever way.
func TestNoTokenShowsItsSecret(t *testing.T) {
	t.Parallel()
	token := made(t)
	secret := token.Text()[len(token.Text())-64:]
	shown := []string{fmt.Sprint(token, &token, []authn.Token{token}, map[string]authn.Token{"x": token})}
	for _, verb := range "vsqxXdTpgb" {
		shown = append(shown, fmt.Sprintf("%"+string(verb), token), fmt.Sprintf("%#"+string(verb), token), fmt.Sprintf("%+"+string(verb), struct{ t authn.Token }{token}))
	}
	data, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(shown, string(data), fmt.Errorf("%w: %v", authn.ErrNoToken, token).Error()) {
		if strings.Contains(text, secret) || strings.Contains(text, hex.EncodeToString([]byte(secret))) {
			t.Errorf("%s", text)
		}
	}
	if want := "taurus_" + token.ID + "_[secret]"; fmt.Sprint(token) != want || string(data) != `"`+want+`"` {
		t.Errorf("%v, %s", token, data)
	}
}

// FuzzParseToken: what is read is written as it was.
func FuzzParseToken(f *testing.F) {
	f.Add(made(f).Text())
	f.Add("taurus_" + strings.Repeat("0", 32) + "_" + strings.Repeat("f", 64))
	for _, text := range []string{"", "taurus_", "taurus__", "taurus_0_0", "Taurus_0_0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, err := authn.ParseToken(text)
		if err != nil {
			if !errors.Is(err, authn.ErrNoToken) {
				t.Fatal(err)
			}
			return
		}
		if token.Text() != text || len(token.ID) != 32 || len(token.Hash()) != 64 {
			t.Fatalf("%q is read as %q", text, token.Text())
		}
	})
}
