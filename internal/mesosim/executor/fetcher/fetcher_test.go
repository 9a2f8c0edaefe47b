package fetcher_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor/fetcher"
)

func tarball(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range headers {
		body := []byte(h.Name)
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(body))
		}
		h.Mode = 0o755
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write(body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write([]byte(name))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// serve is a web server of files.
func serve(t *testing.T, files map[string][]byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, ok := files[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write(b)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestFetch(t *testing.T) {
	t.Parallel()
	local := filepath.Join(t.TempDir(), "local")
	if err := os.WriteFile(local, []byte("local"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := serve(t, map[string][]byte{
		"/plain":    []byte("plain"),
		"/a.tar.gz": tarball(t, tar.Header{Name: "d/f", Typeflag: tar.TypeReg}, tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "d/f"}),
		"/a.zip":    zipped(t, "d/z"),
	})
	yes, no, name := true, false, "sub/renamed"
	tests := map[string]struct {
		uri  mesos.CommandInfo_URI
		want map[string]string
		mode os.FileMode
	}{
		"path":               {mesos.CommandInfo_URI{Value: local}, map[string]string{"local": "local"}, 0o644},
		"file":               {mesos.CommandInfo_URI{Value: "file://" + local}, map[string]string{"local": "local"}, 0o644},
		"http":               {mesos.CommandInfo_URI{Value: base + "/plain?x=1"}, map[string]string{"plain": "plain"}, 0o644},
		"executable":         {mesos.CommandInfo_URI{Value: base + "/plain", Executable: &yes}, map[string]string{"plain": "plain"}, 0o755},
		"renamed":            {mesos.CommandInfo_URI{Value: base + "/plain", OutputFile: &name}, map[string]string{"sub/renamed": "plain"}, 0o644},
		"tar":                {mesos.CommandInfo_URI{Value: base + "/a.tar.gz"}, map[string]string{"d/f": "d/f", "l": "d/f"}, 0o755},
		"zip":                {mesos.CommandInfo_URI{Value: base + "/a.zip"}, map[string]string{"d/z": "d/z"}, 0},
		"not to be unpacked": {mesos.CommandInfo_URI{Value: base + "/a.zip", Extract: &no}, map[string]string{"a.zip": string(zipped(t, "d/z"))}, 0o644},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sandbox := t.TempDir()
			for range 2 { // As after a crash.
				if err := fetcher.Fetch(t.Context(), sandbox, []mesos.CommandInfo_URI{tt.uri}); err != nil {
					t.Fatal(err)
				}
			}
			for file, want := range tt.want {
				b, err := os.ReadFile(filepath.Join(sandbox, file))
				if err != nil || string(b) != want {
					t.Errorf("%s is %q, %v, want %q", file, b, err, want)
				}
				info, err := os.Stat(filepath.Join(sandbox, file))
				if err != nil || tt.mode != 0 && info.Mode().Perm() != tt.mode {
					t.Errorf("%s has mode %v, %v, want %v", file, info.Mode(), err, tt.mode)
				}
			}
		})
	}
}

func TestFetchThatFails(t *testing.T) {
	t.Parallel()
	escape := "../escaped"
	base := serve(t, map[string][]byte{
		"/plain":  nil,
		"/up.tgz": tarball(t, tar.Header{Name: "../escaped", Typeflag: tar.TypeReg}),
		"/link.tgz": tarball(t,
			tar.Header{Name: "out", Typeflag: tar.TypeSymlink, Linkname: ".."}, tar.Header{Name: "out/escaped", Typeflag: tar.TypeReg}),
		"/up.zip":     zipped(t, "../escaped"),
		"/broken.tgz": []byte("this is no archive"),
	})
	tests := map[string]struct {
		uri  mesos.CommandInfo_URI
		want error
	}{
		"status":          {mesos.CommandInfo_URI{Value: base + "/missing"}, fetcher.ErrStatus},
		"scheme":          {mesos.CommandInfo_URI{Value: "gopher://x/y"}, fetcher.ErrScheme},
		"missing":         {mesos.CommandInfo_URI{Value: "/no/such/file"}, os.ErrNotExist},
		"output outside":  {mesos.CommandInfo_URI{Value: base + "/plain", OutputFile: &escape}, fetcher.ErrOutputFile},
		"no name":         {mesos.CommandInfo_URI{Value: base + "/"}, nil},
		"tar that climbs": {mesos.CommandInfo_URI{Value: base + "/up.tgz"}, nil},
		"tar by a link":   {mesos.CommandInfo_URI{Value: base + "/link.tgz"}, nil},
		"zip that climbs": {mesos.CommandInfo_URI{Value: base + "/up.zip"}, nil},
		"broken":          {mesos.CommandInfo_URI{Value: base + "/broken.tgz"}, gzip.ErrHeader},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			sandbox := filepath.Join(parent, "sandbox")
			if err := os.Mkdir(sandbox, 0o750); err != nil {
				t.Fatal(err)
			}
			err := fetcher.FetchAll(t.Context(), sandbox, "id", []mesos.CommandInfo_URI{tt.uri})
			var of *fetcher.Error
			if !errors.As(err, &of) || of.URI != tt.uri.Value || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want an error about %s that is %v", err, tt.uri.Value, tt.want)
			}
			if want := "Failed to fetch all URIs for container 'id': exited with status 1"; err == nil || err.Error() != want {
				t.Errorf("got %v, want %q", err, want)
			}
			if _, err := os.Lstat(filepath.Join(parent, "escaped")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a file outside the sandbox: %v", err)
			}
			if b, err := os.ReadFile(filepath.Join(sandbox, "stderr")); err != nil || !bytes.Contains(b, []byte(tt.uri.Value)) {
				t.Errorf("stderr is %q, %v, and does not name the URI", b, err)
			}
		})
	}
}
