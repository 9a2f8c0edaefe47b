package servercert

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

const (
	// Authority is how long the authority is good.
	Authority = 10 * 365 * day
	// Server is how long a certificate of it is; more is not taken by every client.
	Server = 825 * day

	// renew is how long before its end what is there is made anew.
	renew = 90 * day
	day   = 24 * time.Hour

	private  = 0o700
	public   = 0o755
	readable = 0o644
)

// CA is the file that clients trust the server by.
func CA(dir string) string { return filepath.Join(dir, "public", "ca.pem") }

// Cert is the file of the server's certificate, Key that of its key.
func Cert(dir string) string { return filepath.Join(dir, "server", "cert.pem") }

// Key is the file of the server's key.
func Key(dir string) string { return filepath.Join(dir, "server", "key.pem") }

func authorityKey(dir string) string { return filepath.Join(dir, "authority", "key.pem") }

// Owner is whom files are given to.
type Owner struct{ UID, GID int }

// Options say what Make makes.
type Options struct {
	// Names are what the server is called, host names and addresses; at least one.
	Names Names
	// Owner is given the server's certificate and key; the authority's key is not.
	Owner *Owner
	// Now is the time.
	Now time.Time
}

// Result is what is there.
type Result struct {
	// Made are the files that were made, empty if all were there and good.
	Made []string
	// Until is when the server's certificate is no good any more, AuthorityUntil when that
	// of the authority is not.
	Until, AuthorityUntil time.Time
}

// Make makes what is not there, or not good any more.
func Make(dir string, o Options) (r Result, err error) {
	if err := o.Names.check(); err != nil {
		return r, err
	}
	err = errors.Join(folder(filepath.Dir(authorityKey(dir)), private), folder(filepath.Dir(Key(dir)), private), folder(filepath.Dir(CA(dir)), public))
	if err != nil {
		return r, err
	}
	a, err := r.authority(dir, o.Now)
	if err != nil {
		return r, err
	}
	r.AuthorityUntil = a.cert.NotAfter
	if r.Until, err = r.server(dir, a, o); err != nil {
		return r, err
	}
	// Files are replaced with a mode for their writer alone, and a crash may come between.
	if err := os.Chmod(CA(dir), readable); err != nil {
		return r, fmt.Errorf("certificates: %w", err)
	}
	return r, give(dir, o.Owner)
}

func folder(dir string, mode fs.FileMode) error {
	if err := os.MkdirAll(dir, mode); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	return nil
}

// authority is the one that is there; what is missing of it is made.
func (r *Result) authority(dir string, now time.Time) (authority, error) {
	key, isNew, err := keyOf(authorityKey(dir))
	if err != nil {
		return authority{}, err
	}
	if isNew {
		r.Made = append(r.Made, authorityKey(dir))
	}
	cert, err := readCert(CA(dir))
	if err != nil {
		return authority{}, err
	}
	if cert != nil && isOf(cert, key) && now.Add(renew).Before(cert.NotAfter) {
		return authority{cert, key}, nil
	}
	a, err := newAuthority(key, now)
	if err == nil {
		err = writeCert(CA(dir), a.cert.Raw)
	}
	r.Made = append(r.Made, CA(dir))
	return a, err
}

// server makes the server's certificate where it is not there, or not good, and returns
// until when it is.
func (r *Result) server(dir string, a authority, o Options) (time.Time, error) {
	key, isNew, err := keyOf(Key(dir))
	if err != nil {
		return time.Time{}, err
	}
	if isNew {
		r.Made = append(r.Made, Key(dir))
	}
	cert, err := readCert(Cert(dir))
	if err != nil {
		return time.Time{}, err
	}
	if cert != nil && isOf(cert, key) && a.signed(cert) && o.Names.within(cert) && o.Now.Add(renew).Before(cert.NotAfter) {
		return cert.NotAfter, nil
	}
	der, until, err := a.sign(key, o.Names, o.Now)
	if err == nil {
		err = writeCert(Cert(dir), der)
	}
	r.Made = append(r.Made, Cert(dir))
	return until, err
}

// give gives the server its files.
func give(dir string, owner *Owner) error {
	if owner == nil {
		return nil
	}
	for _, file := range []string{filepath.Dir(Key(dir)), Key(dir), Cert(dir)} {
		if err := os.Chown(file, owner.UID, owner.GID); err != nil {
			return fmt.Errorf("certificates: give them to %d:%d: %w", owner.UID, owner.GID, err)
		}
	}
	return nil
}

// keyOf is the key in a file, made if there is none.
func keyOf(file string) (key *ecdsa.PrivateKey, isNew bool, err error) {
	text, err := os.ReadFile(filepath.Clean(file))
	if errors.Is(err, fs.ErrNotExist) {
		key, text, err = newKey()
		if err == nil {
			err = atomicfile.Replace(file, text)
		}
		return key, true, wrap(err)
	}
	if err != nil {
		return nil, false, wrap(err)
	}
	key, err = parseKey(text)
	if err != nil {
		return nil, false, fmt.Errorf("certificates: %s: %w", file, err)
	}
	return key, false, nil
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("certificates: %w", err)
}
