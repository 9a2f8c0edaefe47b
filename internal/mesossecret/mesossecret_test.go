package mesossecret_test

import (
	"errors"
	"os"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesossecret"
)

// TestMake: the master knows the secret that the framework has, nobody else can read it,
// and it stays when it is made again, also after a crash between the two files.
func TestMake(t *testing.T) {
	dir := t.TempDir()
	var first string
	for i := range 3 {
		isNew, err := mesossecret.Make(dir, "taurus", &mesossecret.Owner{UID: os.Getuid(), GID: os.Getgid()})
		if err != nil || isNew != (i == 0) {
			t.Fatalf("time %d: new %v, %v", i, isNew, err)
		}
		secret, err := os.ReadFile(mesossecret.Secret(dir))
		if err != nil || len(secret) < 32 {
			t.Fatalf("%q, %v", secret, err)
		}
		if first == "" {
			first = string(secret)
		}
		known, err := master.LoadCredentials(mesossecret.Credentials(dir))
		if err != nil || len(known) != 1 || known["taurus"] != first || string(secret) != first {
			t.Errorf("the master knows %v, %v; the secret is %q", known, err, secret)
		}
		for _, file := range []string{mesossecret.Secret(dir), mesossecret.Credentials(dir)} {
			info, err := os.Stat(file)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", file, info.Mode(), err)
			}
		}
		if err := os.Remove(mesossecret.Credentials(dir)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMakeRefuses what cannot authenticate.
func TestMakeRefuses(t *testing.T) {
	for _, principal := range []string{"", "a:b", "a b", "a\nb", "a\x00", "a\u200bb"} {
		if _, err := mesossecret.Make(t.TempDir(), principal, nil); !errors.Is(err, mesossecret.ErrPrincipal) {
			t.Errorf("%q: %v", principal, err)
		}
	}
	dir := t.TempDir()
	if _, err := mesossecret.Make(dir, "taurus", nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mesossecret.Secret(dir), []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mesossecret.Make(dir, "taurus", nil); !errors.Is(err, mesossecret.ErrSecret) {
		t.Errorf("an empty secret: %v", err)
	}
}
