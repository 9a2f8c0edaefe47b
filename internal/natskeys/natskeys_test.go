package natskeys_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nkeys"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
)

func makeKeys(t *testing.T, dir string, o natskeys.Options) []natsauth.Role {
	t.Helper()
	made, err := natskeys.Make(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func public(t *testing.T, dir string) map[natsauth.Role]string {
	t.Helper()
	keys, err := natskeys.Public(filepath.Join(dir, natskeys.ServerDir))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestMake: each role has a key of its own that only its owner may read, the server's
// folder has no secret of a role, and making them again changes nothing.
func TestMake(t *testing.T) {
	dir := t.TempDir()
	if made := makeKeys(t, dir, natskeys.Options{}); !slices.Equal(made, natsauth.Roles()) {
		t.Errorf("made %v", made)
	}
	keys := public(t, dir)
	seen := map[string]bool{}
	for _, r := range natsauth.Roles() {
		key, err := natskeys.Check(natskeys.Seed(dir, r))
		if err != nil || key != keys[r] || seen[key] {
			t.Errorf("%s: %s, %v, want %s", r, key, err, keys[r])
		}
		seen[key] = true
	}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		info, infoErr := d.Info()
		if err = errors.Join(err, infoErr); err == nil && path != dir && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		if err == nil && filepath.Base(filepath.Dir(path)) == natskeys.ServerDir {
			text, readErr := os.ReadFile(path)
			if strings.HasPrefix(string(text), "SU") {
				t.Errorf("%s holds a secret", path)
			}
			err = readErr
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if made := makeKeys(t, dir, natskeys.Options{Owner: &natskeys.Owner{UID: os.Getuid(), GID: os.Getgid()}}); len(made) > 0 {
		t.Errorf("made %v again", made)
	}
	for r, key := range public(t, dir) {
		if keys[r] != key {
			t.Errorf("%s has another key", r)
		}
	}
}

// TestMakeGoesOn after a crash between the halves of a key, and makes what is missing.
func TestMakeGoesOn(t *testing.T) {
	dir := t.TempDir()
	makeKeys(t, dir, natskeys.Options{})
	keys := public(t, dir)
	if err := errors.Join(
		os.Remove(filepath.Join(dir, natskeys.ServerDir, "api.pub")), os.Remove(natskeys.Seed(dir, natsauth.Reaper)),
	); err != nil {
		t.Fatal(err)
	}
	if made := makeKeys(t, dir, natskeys.Options{}); !slices.Equal(made, []natsauth.Role{natsauth.Reaper}) {
		t.Errorf("made %v", made)
	}
	now := public(t, dir)
	if now[natsauth.API] != keys[natsauth.API] || now[natsauth.Reaper] == keys[natsauth.Reaper] {
		t.Errorf("keys %v, were %v", now, keys)
	}
}

// TestCluster: the servers keep their password when the routes change.
func TestCluster(t *testing.T) {
	dir := t.TempDir()
	read := func(routes ...string) (password, text string) {
		makeKeys(t, dir, natskeys.Options{Routes: routes})
		server := filepath.Join(dir, natskeys.ServerDir)
		p, err := os.ReadFile(filepath.Join(server, "cluster.key"))
		if err != nil {
			t.Fatal(err)
		}
		conf, err := os.ReadFile(filepath.Join(server, natskeys.ClusterFile))
		if err != nil {
			t.Fatal(err)
		}
		return string(p), string(conf)
	}
	password, text := read("n1:6222", "n2:6222")
	if len(password) < 32 || strings.Count(text, password) != 3 || !strings.Contains(text, "@n2:6222") {
		t.Errorf("%q in %s", password, text)
	}
	if again, text := read("n1:6222", "n3:6222"); again != password || strings.Contains(text, "n2") || !strings.Contains(text, "@n3:6222") {
		t.Errorf("%q, was %q, in %s", again, password, text)
	}
}

// TestCheckRefuses what is no key, or is open to others.
func TestCheckRefuses(t *testing.T) {
	dir := t.TempDir()
	makeKeys(t, dir, natskeys.Options{})
	seed, err := os.ReadFile(natskeys.Seed(dir, natsauth.API))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content string
		mode    fs.FileMode
		want    error
	}{
		"as made":          {string(seed), 0o600, nil},
		"for a group":      {string(seed), 0o640, nil},
		"a group writes":   {string(seed), 0o660, natskeys.ErrOpen},
		"others read":      {string(seed), 0o644, natskeys.ErrOpen},
		"others write":     {string(seed), 0o602, natskeys.ErrOpen},
		"empty":            {"", 0o600, natskeys.ErrKey},
		"no key":           {"hello\n", 0o600, natskeys.ErrKey},
		"a public key":     {public(t, dir)[natsauth.API], 0o600, natskeys.ErrKey},
		"a letter changed": {strings.Replace(string(seed), string(seed[10]), "8", 1), 0o600, natskeys.ErrKey},
		"much":             {strings.Repeat("x", 5000), 0o600, natskeys.ErrKey},
	} {
		file := filepath.Join(t.TempDir(), "seed")
		if err := errors.Join(os.WriteFile(file, []byte(c.content), 0o600), os.Chmod(file, c.mode)); err != nil {
			t.Fatal(err)
		}
		_, err := natskeys.Check(file)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && (!strings.Contains(err.Error(), file) || strings.Contains(err.Error(), strings.TrimSpace(string(seed)))) {
			t.Errorf("%s: %v does not name the file, or tells the secret", name, err)
		}
	}
	if _, err := natskeys.Check(dir); !errors.Is(err, natskeys.ErrKey) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := natskeys.Check(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := natskeys.Public(dir); err == nil || !strings.Contains(err.Error(), "taurus nats keys") {
		t.Errorf("a folder without keys: %v", err)
	}
}

// TestKeysOfOthers: the key of an account, or of a server, is no user's.
func TestKeysOfOthers(t *testing.T) {
	dir := t.TempDir()
	makeKeys(t, dir, natskeys.Options{})
	account, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	seed, errSeed := account.Seed()
	pub, errPub := account.PublicKey()
	file := filepath.Join(dir, natskeys.ServerDir, "api.pub")
	if err := errors.Join(errSeed, errPub, os.WriteFile(natskeys.Seed(dir, natsauth.API), seed, 0o600), os.WriteFile(file, []byte(pub), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := natskeys.Check(natskeys.Seed(dir, natsauth.API)); !errors.Is(err, natskeys.ErrKey) {
		t.Errorf("the secret of an account: %v", err)
	}
	if _, err := natskeys.Public(filepath.Join(dir, natskeys.ServerDir)); !errors.Is(err, natskeys.ErrKey) || !strings.Contains(err.Error(), file) {
		t.Errorf("the public key of an account: %v", err)
	}
}

// TestOwner: the services' secrets are given away, the admin's and the servers' are not.
func TestOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	dir := t.TempDir()
	makeKeys(t, dir, natskeys.Options{Owner: &natskeys.Owner{UID: 12345, GID: 12346}})
	for _, r := range natsauth.Roles() {
		info, err := os.Stat(natskeys.Seed(dir, r))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; (owner == 12345) != (r != natsauth.Admin) {
			t.Errorf("%s is owned by %d", r, owner)
		}
	}
}
