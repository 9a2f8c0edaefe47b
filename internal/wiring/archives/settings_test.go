package archives

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/milosgajdos/taurus/internal/objects/s3"
	"github.com/milosgajdos/taurus/internal/service"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		place place
		err   error
	}{
		"file:///var/archive":  {place{dir: "/var/archive"}, nil},
		"file:///var/archive/": {place{dir: "/var/archive"}, nil},
		"file://var/archive":   {place{}, errDir},
		"file:archive":         {place{}, errDir},
		"/var/archive":         {place{}, errURL},
		"https://b/p":          {place{}, errURL},
		"s3:///p":              {place{}, errURL},
		"s3://b":               {place{s3: s3.Options{Bucket: "b"}}, nil},
		"s3://b/p/q/":          {place{s3: s3.Options{Bucket: "b", Prefix: "p/q"}}, nil},
		"s3://b/P":             {place{}, errors.New("the prefix")},
		"s3://id:secret@b/p":   {place{}, errUser},
		"s3://b/p?endpoint=store:9000&region=eu-1":         {place{s3: s3.Options{Bucket: "b", Prefix: "p", Host: "store:9000", Region: "eu-1"}}, nil},
		"s3://b/p?endpoint=https://store/":                 {place{s3: s3.Options{Bucket: "b", Prefix: "p", Host: "store"}}, nil},
		"s3://b?endpoint=http://127.0.0.1:9000":            {place{s3: s3.Options{Bucket: "b", Host: "127.0.0.1:9000", Plain: true}}, nil},
		"s3://b?endpoint=http://localhost":                 {place{s3: s3.Options{Bucket: "b", Host: "localhost", Plain: true}}, nil},
		"s3://b?endpoint=http://store:9000":                {place{}, errPlain},
		"s3://b?endpoint=http://store:9000&insecure=true":  {place{s3: s3.Options{Bucket: "b", Host: "store:9000", Plain: true}}, nil},
		"s3://b?endpoint=http://store:9000&insecure=maybe": {place{}, errPlain},
		"s3://b?endpiont=store":                            {place{}, errURL},
	} {
		got, err := parse(text)
		if got != want.place || (err == nil) != (want.err == nil) || err != nil && !strings.Contains(err.Error(), want.err.Error()) {
			t.Errorf("%s: %+v, %v, want %+v, %v", text, got, err, want.place, want.err)
		}
	}
}

// TestCredentials: a file that others may read is refused, and nothing tells what is in it.
func TestCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[default]\naws_access_key_id=id\naws_secret_access_key=secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	complete := func(args ...string) error {
		var a Settings
		s := service.NewSettings("test", pflag.NewFlagSet("test", pflag.ContinueOnError), a.Register)
		if err := s.Flags().Parse(args); err != nil {
			t.Fatal(err)
		}
		if err := a.Complete(s); err != nil || a.url == "" {
			return err
		}
		_, end, err := a.Open()
		if err != nil {
			return err
		}
		return end()
	}
	if err := complete("--archive", "s3://b", "--archive-credentials", file); err != nil {
		t.Error(err)
	}
	for name, args := range map[string][]string{
		"no archive":  {"--archive-credentials", file},
		"a directory": {"--archive", "file:///x", "--archive-credentials", file},
		"no file":     {"--archive", "s3://b", "--archive-credentials", file + "x"},
	} {
		if err := complete(args...); !errors.Is(err, service.ErrUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := complete("--archive", "s3://b", "--archive-credentials", file); !errors.Is(err, service.ErrUsage) || strings.Contains(err.Error(), "secret") {
		t.Errorf("readable by others: %v", err)
	}
	if err := complete(); err != nil {
		t.Errorf("nothing named: %v", err)
	}
}
