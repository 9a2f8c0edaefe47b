package tokenfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/tokenfile"
)

func made(t *testing.T) string {
	t.Helper()
	token, err := authn.MakeToken()
	if err != nil {
		t.Fatal(err)
	}
	return token.Text()
}

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// TestFilesThatOthersMayReadAreRefused, whichever of them may, and whatever.
func TestFilesThatOthersMayReadAreRefused(t *testing.T) {
	t.Parallel()
	path, token := filepath.Join(t.TempDir(), "token"), made(t)
	if err := tokenfile.Write(path, token); err != nil {
		t.Fatal(err)
	}
	if got := mode(t, path); got != 0o600 {
		t.Errorf("written with %v", got)
	}
	for perm := fs.FileMode(0); perm <= 0o777; perm++ {
		if perm&0o400 == 0 {
			continue
		}
		if err := os.Chmod(path, perm); err != nil {
			t.Fatal(err)
		}
		got, err := tokenfile.Read(path)
		if perm&0o077 == 0 && (err != nil || got != token) {
			t.Fatalf("%v: %v", perm, err)
		}
		if perm&0o077 != 0 && (!errors.Is(err, tokenfile.ErrOthers) || got != "" || !strings.Contains(err.Error(), path)) {
			t.Fatalf("%v: %q, %v", perm, got, err)
		}
	}
}

// TestWhatIsNoTokenIsNotRepeated.
func TestWhatIsNoTokenIsNotRepeated(t *testing.T) {
	t.Parallel()
	token := made(t)
	for text, want := range map[string]error{
		token: nil, " \n" + token + "\n": nil, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln": nil,
		"": tokenfile.ErrEmpty, " \n": tokenfile.ErrEmpty,
		token[:50]: authn.ErrNoToken, token + "0": authn.ErrNoToken, token + "\n" + token: authn.ErrNoToken, "pass word": authn.ErrNoToken, "päss": authn.ErrNoToken,
	} {
		got, err := tokenfile.From(strings.NewReader(text))
		if !errors.Is(err, want) || err == nil && got != strings.TrimSpace(text) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
		if err != nil && len(text) > 40 && strings.Contains(err.Error(), text[7:40]) {
			t.Errorf("%v", err)
		}
	}
}

// TestStore: each api has its own, however its address is written, and no other is given it.
func TestStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "tokens.json")
	store, one, other := tokenfile.Store(path), made(t), made(t)
	if got, err := store.Get("http://127.0.0.1:8080"); got != "" || err != nil {
		t.Fatalf("of nothing: %q, %v", got, err)
	}
	for api, token := range map[string]string{"127.0.0.1:8080": one, "https://Taurus.example.com": other} {
		if err := store.Put(api, token); err != nil {
			t.Fatal(err)
		}
	}
	if mode(t, path) != 0o600 || mode(t, filepath.Dir(path)) != 0o700 {
		t.Errorf("%v in %v", mode(t, path), mode(t, filepath.Dir(path)))
	}
	for api, want := range map[string]string{
		"http://127.0.0.1:8080": one, "HTTP://127.0.0.1:8080/": one, "127.0.0.1:8080": one,
		"https://taurus.example.com:443": other, "https://taurus.example.com/": other,
		"https://127.0.0.1:8080": "", "http://127.0.0.1:8081": "", "http://taurus.example.com:443": "", "http://taurus.example.com": "",
		"https://taurus.example.com/sub": "", "https://taurus.example.com.evil.example": "", "http://127.0.0.1:8080@evil.example": "", "::": "",
	} {
		if got, err := store.Get(api); got != want || err != nil {
			t.Errorf("%s: %q, %v", api, got, err)
		}
	}
	if was, err := store.Forget("127.0.0.1:8080"); !was || err != nil {
		t.Errorf("forgotten: %t, %v", was, err)
	}
	if was, err := store.Forget("127.0.0.1:8080"); was || err != nil {
		t.Errorf("forgotten again: %t, %v", was, err)
	}
	if got, _ := store.Get("https://taurus.example.com"); got != other {
		t.Errorf("the other is %q", got)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get("https://taurus.example.com"); !errors.Is(err, tokenfile.ErrOthers) {
		t.Errorf("readable for others: %v", err)
	}
	if err := os.WriteFile(path, []byte(`{"`+one), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get("x"); err == nil || strings.Contains(err.Error(), one[7:]) {
		t.Errorf("of a broken one: %v", err)
	}
}
