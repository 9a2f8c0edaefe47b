package tokenfile

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

// Store is a file of tokens by the address of their api. Nobody holds it open: of two who
// change it at once the later one counts.
type Store string

// Get is the token for an api, empty if there is none.
func (s Store) Get(api string) (string, error) {
	all, err := s.all()
	return all[Address(api)], err
}

// Put keeps a token for an api, in place of the one before.
func (s Store) Put(api, token string) error {
	all, err := s.all()
	if err != nil {
		return err
	}
	if all == nil {
		all = map[string]string{}
	}
	all[Address(api)] = token
	return s.write(all)
}

// Forget forgets the token for an api, and reports whether there was one.
func (s Store) Forget(api string) (bool, error) {
	all, err := s.all()
	if err != nil || all[Address(api)] == "" {
		return false, err
	}
	delete(all, Address(api))
	return true, s.write(all)
}

func (s Store) all() (map[string]string, error) {
	data, err := private(string(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all map[string]string
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%s is not what taurus login wrote; remove it and sign in again", s)
	}
	return all, nil
}

func (s Store) write(all map[string]string) error {
	data, err := json.Marshal(all, json.Deterministic(true), jsontext.WithIndent(" "))
	if err != nil {
		return err
	}
	const private = 0o700
	if err := os.MkdirAll(filepath.Dir(string(s)), private); err != nil {
		return err
	}
	return atomicfile.Replace(string(s), append(data, '\n'))
}

// Address is where an api is, however it is written: scheme, host and port, and the path
// beneath which it is.
func Address(api string) string {
	if !strings.Contains(api, "://") {
		api = "http://" + api
	}
	u, err := url.Parse(api)
	if err != nil || u.Host == "" {
		return api
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return strings.ToLower(u.Scheme) + "://" + host + ":" + port + strings.TrimRight(u.Path, "/")
}
