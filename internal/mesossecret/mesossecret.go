package mesossecret

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

var (
	// ErrPrincipal is returned for a principal that cannot authenticate by HTTP.
	ErrPrincipal = errors.New("no principal")
	// ErrSecret is returned for a file that holds no secret.
	ErrSecret = errors.New("holds no secret: remove it to have one made")
)

const private = 0o700

// Secret is the file of the secret, for taurus-launcher --secret-file.
func Secret(dir string) string { return filepath.Join(dir, "client", "secret") }

// Credentials is the file for the --credentials of masters and agents.
func Credentials(dir string) string { return filepath.Join(dir, "mesos", "credentials.json") }

// Owner is whom files are given to.
type Owner struct{ UID, GID int }

// Make makes the secret of a principal if there is none, and tells Mesos of it. The owner
// is given the secret, and not what Mesos takes.
func Make(dir, principal string, owner *Owner) (isNew bool, err error) {
	if principal == "" || strings.Contains(principal, ":") || strings.ContainsFunc(principal, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) {
		return false, fmt.Errorf("%w: %q: use letters, digits and such, without a colon, which HTTP ends a name by", ErrPrincipal, principal)
	}
	for _, file := range []string{Secret(dir), Credentials(dir)} {
		if err := os.MkdirAll(filepath.Dir(file), private); err != nil {
			return false, wrap(err)
		}
	}
	secret, isNew, err := secretOf(Secret(dir))
	if err != nil {
		return false, err
	}
	type credential struct {
		Principal string `json:"principal"`
		Secret    string `json:"secret"`
	}
	text, err := json.Marshal(struct {
		Credentials []credential `json:"credentials"`
	}{[]credential{{principal, secret}}})
	if err == nil {
		err = atomicfile.Replace(Credentials(dir), append(text, '\n'))
	}
	if err == nil && owner != nil {
		err = errors.Join(os.Chown(filepath.Dir(Secret(dir)), owner.UID, owner.GID), os.Chown(Secret(dir), owner.UID, owner.GID))
	}
	return isNew, wrap(err)
}

// secretOf is the secret in a file, made if there is none.
func secretOf(file string) (secret string, isNew bool, err error) {
	text, err := os.ReadFile(filepath.Clean(file))
	if errors.Is(err, fs.ErrNotExist) {
		secret = rand.Text() + rand.Text()
		return secret, true, wrap(atomicfile.Replace(file, []byte(secret)))
	}
	if err != nil {
		return "", false, wrap(err)
	}
	if secret = strings.TrimSpace(string(text)); secret == "" {
		return "", false, fmt.Errorf("%s %w", file, ErrSecret)
	}
	return secret, false, nil
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("credentials: %w", err)
}
