package tokenfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/milosgajdos/taurus/internal/atomicfile"
	"github.com/milosgajdos/taurus/internal/authn"
)

const (
	// fileMax is how large a file is read, in bytes: that of a token is far smaller, and what
	// has the addresses of many apis is, too.
	fileMax = 1 << 20
	// others are the rights of a file that nobody but its owner may have.
	others fs.FileMode = 0o077
)

var (
	// ErrOthers is returned for a file that others than its owner may read or change.
	ErrOthers = errors.New("others may read it, and may have: have the token revoked, or chmod 600 the file if nobody else is on this machine")
	// ErrEmpty is returned for a file, or an input, without a token.
	ErrEmpty = errors.New("there is no token in it")
)

// Read reads the token, of whatever kind, that is alone in a file. The error may be
// ErrOthers, ErrEmpty, authn.ErrNoToken, or that of reading.
func Read(path string) (string, error) {
	data, err := private(path)
	if err != nil {
		return "", err
	}
	text, err := Check(string(data))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

// From reads the token that is alone in an input. The error may be as that of Read.
func From(in io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(in, fileMax))
	if err != nil {
		return "", err
	}
	return Check(string(data))
}

// Check returns a token without the blanks around it. The error is ErrEmpty, or
// authn.ErrNoToken; it does not repeat what was read.
func Check(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", ErrEmpty
	}
	if authn.IsToken(text) {
		_, err := authn.ParseToken(text)
		return text, err
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", authn.ErrNoToken
	}
	return text, nil
}

// Write replaces a file by one that has a token, and that nobody else may read.
func Write(path, text string) error { return atomicfile.Replace(path, []byte(text+"\n")) }

// private reads a file that nobody else may. It is asked of the open file, which is what is
// read whatever becomes of its name.
func private(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // Whoever runs this names it.
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&others != 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrOthers)
	}
	return io.ReadAll(io.LimitReader(f, fileMax))
}
