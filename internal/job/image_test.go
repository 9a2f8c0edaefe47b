package job_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

func TestParseImage(t *testing.T) {
	t.Parallel()
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for image, want := range map[string]job.Image{
		"nginx":                             {Name: "docker.io/library/nginx", Tag: "latest"},
		"nginx:1.27":                        {Name: "docker.io/library/nginx", Tag: "1.27"},
		"acme/web":                          {Name: "docker.io/acme/web", Tag: "latest"},
		"index.docker.io/acme/web":          {Name: "docker.io/acme/web", Tag: "latest"},
		"docker.io/nginx":                   {Name: "docker.io/library/nginx", Tag: "latest"},
		"localhost/web":                     {Name: "localhost/web", Tag: "latest"},
		"ghcr.io/acme/web:v1":               {Name: "ghcr.io/acme/web", Tag: "v1"},
		"registry:5000/web":                 {Name: "registry:5000/web", Tag: "latest"},
		"ghcr.io.evil.com/acme/web":         {Name: "ghcr.io.evil.com/acme/web", Tag: "latest"},
		"nginx@" + digest:                   {Name: "docker.io/library/nginx", Digest: digest},
		"ghcr.io/acme/web:v1@" + digest:     {Name: "ghcr.io/acme/web", Tag: "v1", Digest: digest},
		"registry:5000/a/b/c:tag@" + digest: {Name: "registry:5000/a/b/c", Tag: "tag", Digest: digest},
	} {
		if got, err := job.ParseImage(image); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", image, got, err, want)
		}
	}
	for _, image := range []string{"", "Nginx", "a//b", "a:b:c", "a@sha256:1", "../a", " a", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"} {
		if got, err := job.ParseImage(image); err == nil {
			t.Errorf("%q: %+v", image, got)
		}
	}
}
