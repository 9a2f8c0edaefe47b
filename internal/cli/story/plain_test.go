package story_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/cli/story"
)

func TestPlain(t *testing.T) {
	const pull = `Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull nginx:1.27': ` +
		`exited with status 1; stderr='Error response from daemon: Get "https://registry.test/v2/": no such host` + "\n'"
	for text, want := range map[string]string{
		"":                               "",
		"Container exited with status 3": "Container exited with status 3",
		"two\nlines\n":                   "two lines",
		"\x1b[31mred \u202elaer":         "\ufffd[31mred \ufffdlaer",
		"Failed to run 'docker' at all":  "Failed to run 'docker' at all",
		pull:                             `docker pull nginx:1.27 failed: Get "https://registry.test/v2/": no such host`,
		"task 1 FAILED: " + pull:         `task 1 FAILED: docker pull nginx:1.27 failed: Get "https://registry.test/v2/": no such host`,
		"Failed to run 'docker pull a': exited with status 1; stderr=''":                                  "docker pull a failed",
		"Failed to run '/usr/bin/docker -H a run --name b c': exited with status 125; stderr='it's so\n'": "docker run failed: it's so",
	} {
		if got := story.Plain(text); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}
