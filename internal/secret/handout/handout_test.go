package handout_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/internal/secret/handout"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// ask is what a request over TLS is answered with.
func ask(s *handout.Server, method, url string) (int, string) {
	r := httptest.NewRequest(method, url, http.NoBody)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestOnce: an archive is handed out once, and wiped.
func TestOnce(t *testing.T) {
	s := handout.New("https://l:8084/")
	defer s.Close()
	archive := []byte("archive")
	url := s.Offer(secret.NewValue(archive))
	if !regexp.MustCompile(`^https://l:8084/[0-9a-f]{64}$`).MatchString(url) {
		t.Fatalf("URL %q", url)
	}
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodOptions} {
		if code, _ := ask(s, method, url); code != http.StatusNotFound {
			t.Errorf("%s: %d", method, code)
		}
	}
	if code, _ := ask(s, http.MethodGet, strings.Replace(url, "https", "http", 1)); code != http.StatusNotFound {
		t.Errorf("without TLS: %d", code)
	}
	if code, body := ask(s, http.MethodGet, url); code != http.StatusOK || body != "archive" {
		t.Errorf("%d %q", code, body)
	}
	if code, body := ask(s, http.MethodGet, url); code != http.StatusNotFound || strings.Contains(body, "archive") {
		t.Errorf("again: %d %q", code, body)
	}
	if string(archive) != strings.Repeat("\x00", len(archive)) {
		t.Error("it is in memory still")
	}
	for _, other := range []string{"https://l:8084/", "https://l:8084/" + strings.Repeat("0", 64), url + "/", url + "?x"} {
		if code, _ := ask(s, http.MethodGet, other); code != http.StatusNotFound {
			t.Errorf("%s: %d", other, code)
		}
	}
}

// TestOnceAtOnce: of many who ask at the same moment one gets it.
func TestOnceAtOnce(t *testing.T) {
	s := handout.New("https://l:8084")
	defer s.Close()
	url := s.Offer(secret.NewValue([]byte("archive")))
	var got atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if code, _ := ask(s, http.MethodGet, url); code == http.StatusOK {
				got.Add(1)
			}
		})
	}
	all.Wait()
	if got.Load() != 1 {
		t.Errorf("handed out %d times", got.Load())
	}
}

// TestForAMinute: then it is wiped.
func TestForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := handout.New("https://l:8084")
		defer s.Close()
		archive := []byte("late")
		late, early := s.Offer(secret.NewValue(archive)), s.Offer(secret.NewValue([]byte("early")))
		time.Sleep(handout.Lifetime - time.Second)
		if code, _ := ask(s, http.MethodGet, early); code != http.StatusOK {
			t.Errorf("before: %d", code)
		}
		time.Sleep(2 * time.Second)
		if code, _ := ask(s, http.MethodGet, late); code != http.StatusNotFound || !bytes.Equal(archive, make([]byte, 4)) {
			t.Errorf("after: %d, and %q is there", code, archive)
		}
	})
}

// TestBounded: what nobody fetches does not gather, and nothing is offered once it is closed.
func TestBounded(t *testing.T) {
	s := handout.New("https://l:8084")
	for range handout.OffersMax {
		if s.Offer(secret.NewValue([]byte("x"))) == "" {
			t.Fatal("refused too early")
		}
	}
	archive := []byte("more")
	if s.Offer(secret.NewValue(archive)) != "" || !bytes.Equal(archive, make([]byte, 4)) {
		t.Error("more than the most is taken, or what is refused is not wiped")
	}
	s.Close()
	if s.Offer(secret.NewValue([]byte("x"))) != "" {
		t.Error("it is offered by who is gone")
	}
}

// TestArchive: what is unpacked are the files with their modes, and nothing else of them is left.
func TestArchive(t *testing.T) {
	files := []handout.File{{Path: ".taurus-secrets/0", Perm: 0o400, Content: []byte("a\n")}, {Path: "conf/deep/key", Perm: 0o444, Content: []byte("b")}}
	archive, err := handout.Archive("all.tar", files)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := tar.NewReader(bytes.NewReader(archive.Bytes())); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(r)
		got = append(got, h.FileInfo().Mode().String()+" "+h.Name+" "+string(content))
	}
	want := "drwxr-xr-x .taurus-secrets/ |-r-------- .taurus-secrets/0 a\n|drwxr-xr-x conf/ |drwxr-xr-x conf/deep/ |-r--r--r-- conf/deep/key b|-rw------- all.tar "
	if strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", strings.Join(got, "|"), want)
	}
}

// certificate writes one for 127.0.0.1 and returns its files and who trusts it.
func certificate(t *testing.T, dir string, serial int64) (certFile, keyFile string, trust *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trust.AddCert(parsed)
	return certFile, keyFile, trust
}

func fetch(t *testing.T, url string, trust *x509.CertPool) (string, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// TestServe: over TLS, with the certificate that is in the file at the time.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, trust := certificate(t, dir, 1)
	ctx, cancel := context.WithCancel(t.Context())
	l, err := handout.Listen(ctx, "127.0.0.1:0", certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	s := handout.New("https://" + l.Addr().String())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	if got, err := fetch(t, s.Offer(secret.NewValue([]byte("first"))), trust); err != nil || got != "first" {
		t.Errorf("%q, %v", got, err)
	}
	_, _, renewed := certificate(t, dir, 2)
	if got, err := fetch(t, s.Offer(secret.NewValue([]byte("second"))), renewed); err != nil || got != "second" {
		t.Errorf("after the renewal: %q, %v", got, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := handout.Listen(t.Context(), "127.0.0.1:0", keyFile, certFile); err == nil {
		t.Error("listens without a certificate")
	}
}
