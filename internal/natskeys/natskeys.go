package natskeys

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"

	"github.com/milosgajdos/taurus/internal/atomicfile"
	"github.com/milosgajdos/taurus/internal/natsauth"
)

const (
	// SeedFile is the name of the secret in a role's folder.
	SeedFile = "seed.nk"
	// ServerDir is the folder of what NATS servers need.
	ServerDir = "server"
	// ClusterFile is the part of a server's configuration that is a secret.
	ClusterFile = "cluster.conf"

	passwordFile = "cluster.key"
	pubSuffix    = ".pub"

	private  = 0o700
	readable = 0o027 // Whom a secret must not be open to: all others, and a group that writes.
	fileMax  = 4 << 10
)

var (
	// ErrOpen is returned for a secret that others may read.
	ErrOpen = errors.New("others may read it")
	// ErrKey is returned for a file that holds no key.
	ErrKey = errors.New("holds no key")
)

// Seed is the file of a role's secret.
func Seed(dir string, r natsauth.Role) string { return filepath.Join(dir, string(r), SeedFile) }

// Owner is whom files are given to.
type Owner struct{ UID, GID int }

// Options say what Make makes beside the keys; the zero value is nothing.
type Options struct {
	// Owner is given the secrets of the services.
	Owner *Owner
	// Routes are host:port of the servers of a cluster, for other servers.
	Routes []string
}

// Make makes the keys of all roles that have none, and returns the roles that it
// made one for.
func Make(dir string, o Options) (made []natsauth.Role, err error) {
	server := filepath.Join(dir, ServerDir)
	if err := os.MkdirAll(server, private); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	for _, r := range natsauth.Roles() {
		isNew, err := makeOne(dir, r)
		if err == nil && o.Owner != nil && r != natsauth.Admin {
			err = give(dir, r, *o.Owner)
		}
		if err != nil {
			return made, err
		}
		if isNew {
			made = append(made, r)
		}
	}
	if len(o.Routes) == 0 {
		return made, nil
	}
	return made, makeCluster(server, o.Routes)
}

// makeOne makes the key of a role if it has none. The public half is written each
// time: a crash may have come between the two.
func makeOne(dir string, r natsauth.Role) (isNew bool, err error) {
	file := Seed(dir, r)
	if err := os.MkdirAll(filepath.Dir(file), private); err != nil {
		return false, fmt.Errorf("keys: %w", err)
	}
	public, err := Check(file)
	if errors.Is(err, fs.ErrNotExist) {
		isNew = true
		public, err = generate(file)
	}
	if err != nil {
		return false, err
	}
	return isNew, atomicfile.Replace(filepath.Join(dir, ServerDir, string(r)+pubSuffix), []byte(public+"\n"))
}

func generate(file string) (public string, err error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", fmt.Errorf("keys: %w", err)
	}
	defer pair.Wipe()
	seed, err := pair.Seed()
	if err == nil {
		public, err = pair.PublicKey()
	}
	if err == nil {
		err = atomicfile.Replace(file, append(seed, '\n'))
	}
	if err != nil {
		return "", fmt.Errorf("keys: %w", err)
	}
	return public, nil
}

// makeCluster writes how the servers of a cluster reach each other, with the password
// that there is, or a new one.
func makeCluster(server string, routes []string) error {
	file := filepath.Join(server, passwordFile)
	password, err := readSecret(file)
	if errors.Is(err, fs.ErrNotExist) {
		password = []byte(rand.Text() + rand.Text())
		err = atomicfile.Replace(file, password)
	}
	if err != nil {
		return err
	}
	const user = "taurus"
	var b strings.Builder
	fmt.Fprintf(&b, "# For the servers of one cluster, and nobody else.\nauthorization { user: %q, password: %q, timeout: 5 }\nroutes: [\n", user, password)
	for _, r := range routes {
		fmt.Fprintf(&b, "  %q\n", "nats-route://"+user+":"+string(password)+"@"+r)
	}
	b.WriteString("]\n")
	return atomicfile.Replace(filepath.Join(server, ClusterFile), []byte(b.String()))
}

func give(dir string, r natsauth.Role, owner Owner) error {
	file := Seed(dir, r)
	if err := errors.Join(os.Chown(filepath.Dir(file), owner.UID, owner.GID), os.Chown(file, owner.UID, owner.GID)); err != nil {
		return fmt.Errorf("keys: give them to %d:%d: %w", owner.UID, owner.GID, err)
	}
	return nil
}

// Check returns the public half of the secret in a file. The error is ErrOpen if
// others may read it, and ErrKey if there is no key of a user in it.
func Check(file string) (public string, err error) {
	seed, err := readSecret(file)
	if err != nil {
		return "", err
	}
	pair, err := nkeys.ParseDecoratedNKey(seed)
	if err != nil {
		return "", fmt.Errorf("%s %w (a line that begins with SU)", file, ErrKey)
	}
	defer pair.Wipe()
	public, err = pair.PublicKey()
	if err != nil || !nkeys.IsValidPublicUserKey(public) {
		return "", fmt.Errorf("%s %w of a user (a line that begins with SU)", file, ErrKey)
	}
	return public, nil
}

func readSecret(file string) ([]byte, error) {
	f, err := os.Open(filepath.Clean(file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > fileMax:
		return nil, fmt.Errorf("%s %w", file, ErrKey)
	case info.Mode().Perm()&readable != 0:
		return nil, fmt.Errorf("%s has the mode %04o, so %w: chmod 600 it", file, info.Mode().Perm(), ErrOpen)
	}
	seed := make([]byte, info.Size())
	n, err := f.Read(seed)
	if err != nil && n == 0 {
		return nil, fmt.Errorf("%s %w", file, ErrKey)
	}
	return seed[:n], nil
}

// Public are the public keys in the folder of what servers need, by role.
func Public(server string) (map[natsauth.Role]string, error) {
	keys := make(map[natsauth.Role]string)
	for _, r := range natsauth.Roles() {
		file := filepath.Join(server, string(r)+pubSuffix)
		text, err := os.ReadFile(filepath.Clean(file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
		key := strings.TrimSpace(string(bytes.TrimSpace(text)))
		if !nkeys.IsValidPublicUserKey(key) {
			return nil, fmt.Errorf("%s %w (a line that begins with U)", file, ErrKey)
		}
		keys[r] = key
	}
	if keys[natsauth.Admin] == "" {
		return nil, fmt.Errorf("%s has no %s%s: `taurus nats keys` makes it", server, natsauth.Admin, pubSuffix)
	}
	return keys, nil
}
