package service_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"github.com/milosgajdos/taurus/internal/service"
)

func openState(t *testing.T, args ...string) (dir string, err error) {
	t.Helper()
	var state service.State
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	settings := service.NewSettings("planner", flags, state.Register)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	if err := state.Complete(settings); err != nil {
		return "", err
	}
	env := &service.Env{Role: "planner", Logger: zerolog.Nop()}
	f, err := state.Open(context.Background(), env)
	if err != nil {
		return "", err
	}
	t.Cleanup(func() { _ = f.Close() })
	return filepath.Dir(f.Path()), nil
}

// TestStateDirectory: where the mark is kept, as the environment says.
func TestStateDirectory(t *testing.T) {
	given, systemd, xdg, home := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"given":   {[]string{"--state-dir", given}, map[string]string{"STATE_DIRECTORY": systemd}, given},
		"systemd": {nil, map[string]string{"STATE_DIRECTORY": systemd, "XDG_STATE_HOME": xdg}, systemd + "/planner"},
		"several": {nil, map[string]string{"STATE_DIRECTORY": systemd + "/a:" + systemd + "/b"}, systemd + "/a/planner"},
		"xdg":     {nil, map[string]string{"XDG_STATE_HOME": xdg, "HOME": home}, xdg + "/taurus/planner"},
		"home":    {nil, map[string]string{"HOME": home}, home + "/.local/state/taurus/planner"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, name := range []string{"STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"} {
				t.Setenv(name, c.env[name])
			}
			if dir, err := openState(t, c.args...); err != nil || dir != c.want {
				t.Errorf("%q, %v, want %q", dir, err, c.want)
			}
		})
	}
}

// TestStateDirectoryThatWillNotDo says which flag mends it.
func TestStateDirectoryThatWillNotDo(t *testing.T) {
	dir := t.TempDir()
	if _, err := openState(t, "--state-dir", dir); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dir, says string }{
		"held by another": {dir, "another process uses"},
		"no directory":    {filepath.Join(dir, "mark"), "not a directory"},
	} {
		_, err := openState(t, "--state-dir", c.dir)
		if !errors.Is(err, service.ErrUsage) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "--state-dir") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"} {
		t.Setenv(name, "")
	}
	if _, err := openState(t); !errors.Is(err, service.ErrUsage) || !strings.Contains(err.Error(), "state-dir") {
		t.Errorf("no home: %v", err)
	}
}
