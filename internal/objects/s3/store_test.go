package s3_test

import (
	"crypto/rand"
	"errors"
	"flag"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/internal/objects/objectstest"
	"github.com/milosgajdos/taurus/internal/objects/s3"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

const bucket = "archive"

// server is a server in memory that speaks the protocol.
func server(t *testing.T) (host string) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

func open(t *testing.T, o s3.Options) *s3.Store {
	t.Helper()
	s, err := s3.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestS3 runs the suite against a server in memory.
func TestS3(t *testing.T) {
	credentials(t)
	objectstest.Run(t, func(t *testing.T) objects.Store {
		t.Helper()
		return open(t, s3.Options{Host: server(t), Plain: true, Bucket: bucket, Prefix: "some/part", Page: 50})
	})
}

// versitygw is the program of a server that others wrote, for others' clients.
var versitygw = flag.String("versitygw", "", "`program` of a Versity S3 gateway to run the suite against (make s3)")

// TestOtherServer runs the suite against a server that holds to signatures.
func TestOtherServer(t *testing.T) {
	if *versitygw == "" {
		t.Skip("-versitygw names no program")
	}
	credentials(t)
	host := gateway(t)
	objectstest.Run(t, func(t *testing.T) objects.Store {
		t.Helper()
		return open(t, s3.Options{Host: host, Plain: true, Bucket: bucket, Prefix: "some/" + strings.ToLower(rand.Text()), Page: 50})
	})
	t.Run("AnotherSecret", func(t *testing.T) {
		t.Setenv("AWS_SECRET_ACCESS_KEY", "another")
		s := open(t, s3.Options{Host: host, Plain: true, Bucket: bucket})
		if err := s.Put(t.Context(), "x", []byte("x")); !errors.Is(err, objects.ErrRefused) {
			t.Errorf("%v, want ErrRefused", err)
		}
	})
}

// gateway starts the program on a directory with a bucket.
func gateway(t *testing.T) (host string) {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, bucket), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), *versitygw, "--port", host, "--quiet", "posix", root)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY=id", "ROOT_SECRET_KEY=secret")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	testwait.Until(t, "the gateway listens", func() bool {
		c, err := net.Dial("tcp", host)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return host
}

func credentials(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
}

// TestCredentialsFile: a file that is named goes before the environment.
func TestCredentialsFile(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[default]\naws_access_key_id = id\naws_secret_access_key = secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, s3.Options{Host: server(t), Plain: true, Bucket: bucket, CredentialsFile: file})
	if err := s.Put(t.Context(), "x", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.String(), "secret") {
		t.Error("it tells the secret")
	}
}

// TestNoBucket: what trying again does not mend is told so.
func TestNoBucket(t *testing.T) {
	credentials(t)
	s := open(t, s3.Options{Host: server(t), Plain: true, Bucket: "other"})
	if err := s.Put(t.Context(), "x", []byte("x")); !errors.Is(err, objects.ErrRefused) && !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
