package servercert_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/servercert"
)

func names() servercert.Names {
	return servercert.Names{Hosts: []string{"api", "localhost"}, Addresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
}

func create(t *testing.T, dir string, n servercert.Names, now time.Time) servercert.Result {
	t.Helper()
	r, err := servercert.Make(dir, servercert.Options{Names: n, Now: now, Owner: &servercert.Owner{UID: os.Getuid(), GID: os.Getgid()}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ask asks a server with the certificate that is there, as a client that trusts nothing but
// an authority.
func ask(t *testing.T, dir, ca, name string) error {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(servercert.Cert(dir), servercert.Key(dir))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	defer srv.Close()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(ca)) {
		t.Fatal("no authority")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get(srv.URL)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// TestClientsConnect by each of the names, with the authority, and by no other name or
// authority. Making it again changes nothing.
func TestClientsConnect(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	made := create(t, dir, names(), now)
	if len(made.Made) != 4 || !made.Until.After(now.Add(servercert.Server-time.Minute)) || !made.AuthorityUntil.After(made.Until) {
		t.Errorf("made %+v", made)
	}
	ca := read(t, servercert.CA(dir))
	for _, name := range []string{"api", "localhost", "127.0.0.1"} {
		if err := ask(t, dir, ca, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := ask(t, dir, ca, "other"); err == nil {
		t.Error("it is good for another name")
	}
	other := t.TempDir()
	create(t, other, names(), now)
	if err := ask(t, dir, read(t, servercert.CA(other)), "api"); err == nil {
		t.Error("another authority is as good")
	}
	before := read(t, servercert.Cert(dir))
	again := create(t, dir, names(), now.Add(time.Hour))
	if len(again.Made) > 0 || !again.Until.Equal(made.Until) || read(t, servercert.Cert(dir)) != before || read(t, servercert.CA(dir)) != ca {
		t.Errorf("again: %+v, was %+v", again, made)
	}
}

// TestCrash: whichever files a crash has left, or somebody has removed, made again the server is one
// that clients with the authority of now connect to; and those with the one of before, if its key is there.
func TestCrash(t *testing.T) {
	now := time.Now()
	for left := range 16 {
		dir := t.TempDir()
		create(t, dir, names(), now)
		files := []string{filepath.Join(dir, "authority", "key.pem"), servercert.CA(dir), servercert.Key(dir), servercert.Cert(dir)}
		before := read(t, servercert.CA(dir))
		for i, file := range files {
			if left&(1<<i) == 0 {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
		}
		create(t, dir, names(), now)
		if err := ask(t, dir, read(t, servercert.CA(dir)), "api"); err != nil {
			t.Errorf("left %04b: %v", left, err)
		}
		if err := ask(t, dir, before, "api"); left&1 != 0 && err != nil {
			t.Errorf("left %04b: clients of before: %v", left, err)
		}
		if again := create(t, dir, names(), now); len(again.Made) > 0 {
			t.Errorf("left %04b: made %v once more", left, again.Made)
		}
	}
}

// TestMadeAnew: what is about to end, or lacks a name, is made anew, with the authority
// that clients have.
func TestMadeAnew(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	create(t, dir, names(), now)
	ca := read(t, servercert.CA(dir))
	more := names()
	more.Hosts = append(more.Hosts, "taurus.example.com", "*.example.com")
	if r := create(t, dir, more, now); len(r.Made) != 1 || r.Made[0] != servercert.Cert(dir) {
		t.Errorf("made %v for another name", r.Made)
	}
	for _, name := range []string{"taurus.example.com", "other.example.com", "127.0.0.1"} {
		if err := ask(t, dir, ca, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One who asks for less has what there is.
	if r := create(t, dir, names(), now); len(r.Made) > 0 {
		t.Errorf("made %v for fewer names", r.Made)
	}
	late := now.Add(servercert.Server - 80*24*time.Hour)
	if r := create(t, dir, names(), late); len(r.Made) != 1 || !r.Until.After(late.Add(servercert.Server-time.Minute)) {
		t.Errorf("80 days before its end: %+v", r)
	}
	end := now.Add(servercert.Authority - 80*24*time.Hour)
	if r := create(t, dir, names(), end); len(r.Made) != 2 || !r.AuthorityUntil.After(end.Add(servercert.Authority-time.Minute)) || read(t, servercert.CA(dir)) == ca {
		t.Errorf("80 days before the end of the authority: %+v", r)
	}
}

// TestModes: keys are for their owner alone, the authority is for everybody.
func TestModes(t *testing.T) {
	dir := t.TempDir()
	create(t, dir, names(), time.Now())
	for file, want := range map[string]os.FileMode{
		filepath.Join(dir, "authority"): 0o700, filepath.Join(dir, "authority", "key.pem"): 0o600, servercert.Key(dir): 0o600,
		filepath.Dir(servercert.CA(dir)): 0o755, servercert.CA(dir): 0o644,
	} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v, want %v", file, info.Mode().Perm(), want)
		}
	}
	if strings.Contains(read(t, servercert.CA(dir)), "PRIVATE") {
		t.Error("the authority has its key")
	}
}

// TestRefuses names that no certificate is for, and files that are none of ours.
func TestRefuses(t *testing.T) {
	for _, n := range []servercert.Names{
		{},
		{Hosts: []string{""}},
		{Hosts: []string{"API"}},
		{Hosts: []string{"a b"}},
		{Hosts: []string{"127.0.0.1"}},
		{Hosts: []string{"a..b"}},
		{Hosts: []string{"-a"}},
		{Hosts: []string{"a.*.b"}},
		{Hosts: []string{"https://a"}},
		{Hosts: []string{"a:8080"}},
		{Hosts: []string{"a\u200b"}},
		{Hosts: []string{strings.Repeat("a.", 130) + "a"}},
	} {
		dir := filepath.Join(t.TempDir(), "tls")
		if _, err := servercert.Make(dir, servercert.Options{Names: n, Now: time.Now()}); !errors.Is(err, servercert.ErrNames) {
			t.Errorf("%q: %v", n.Hosts, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q: something was made", n.Hosts)
		}
	}
	dir := t.TempDir()
	create(t, dir, names(), time.Now())
	for _, text := range []string{"", "hello", read(t, servercert.CA(dir))} {
		if err := os.WriteFile(servercert.Key(dir), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := servercert.Make(dir, servercert.Options{Names: names(), Now: time.Now()}); !errors.Is(err, servercert.ErrKey) || !strings.Contains(err.Error(), servercert.Key(dir)) {
			t.Errorf("a key that is none: %v", err)
		}
	}
}
