package docker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/api/pkg/authconfig"
)

// TestCredentialsOfTheSandbox: those of the image's registry, and of no other.
func TestCredentialsOfTheSandbox(t *testing.T) {
	sandbox := t.TempDir()
	if got, err := credentials(sandbox, "nginx"); got != "" || err != nil {
		t.Errorf("without a file: %q, %v", got, err)
	}
	file := filepath.Join(sandbox, configFile)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The first is "ann:pass:word", the second "bob:x".
	write(`{"auths":{"registry.example.com:5000":{"auth":"YW5uOnBhc3M6d29yZA=="},"https://index.docker.io/v1/":{"auth":"Ym9iOng="},"https://other.example.com/v2/":{"username":"eve","password":"y"}}}`)
	for image, want := range map[string]string{
		"registry.example.com:5000/shop/web:1": "ann pass:word", "nginx": "bob x", "docker.io/library/nginx:1": "bob x", "other.example.com/a": "eve y", "registry.example.com/a": "",
	} {
		got, err := credentials(sandbox, image)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			if got != "" {
				t.Errorf("%s: %q", image, got)
			}
			continue
		}
		auth, err := authconfig.Decode(got)
		if err != nil || auth.Username+" "+auth.Password != want || auth.Auth != "" {
			t.Errorf("%s: %+v, %v", image, auth, err)
		}
	}
	write(`p1anted`)
	if _, err := credentials(sandbox, "nginx"); err == nil || strings.Contains(err.Error(), "p1anted") {
		t.Errorf("%v", err)
	}
	if _, err := credentials(sandbox, "UPPER CASE"); err == nil {
		t.Error("an image that is none")
	}
}
