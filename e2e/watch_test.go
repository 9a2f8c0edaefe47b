package e2e_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// watch is the containers of a job that run, by what Docker tells of them in order.
type watch struct {
	mu sync.Mutex
	// runs are those that run, with the release of each.
	runs map[string]string
	// bad is the release that serves nobody.
	bad string
	// least and most are how many may run, of those that serve and of all; most is 0 for
	// any number.
	least, most int
	broken      []string
}

// watchContainers watches the containers of a job from now on.
func watchContainers(t *testing.T, job string) *watch {
	t.Helper()
	w := &watch{runs: map[string]string{}}
	followContainers(t, "taurus.job="+job, `{{index .Actor.Attributes "release"}}`, w.take)
	return w
}

func (w *watch) take(event []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if event[0] == "start" {
		w.runs[event[1]] = event[2]
	} else {
		delete(w.runs, event[1])
	}
	w.check(strings.Join(event, " "))
}

func (w *watch) check(after string) {
	serve := 0
	for _, release := range w.runs {
		if release != w.bad {
			serve++
		}
	}
	if serve < w.least || w.most > 0 && len(w.runs) > w.most {
		w.broken = append(w.broken, fmt.Sprintf("after %q %d containers run, and %d of them serve: %v", after, len(w.runs), serve, w.runs))
	}
}

// bound says how many may run from now on; it fails a test if others did before.
func (w *watch) bound(t *testing.T, least, most int, bad string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, why := range w.broken {
		t.Errorf("%s; at least %d must serve, and at most %d run", why, w.least, w.most)
	}
	w.least, w.most, w.bad, w.broken = least, most, bad, nil
	w.check("before the rollout")
}

// seen waits until Docker has told of as many as run.
func (w *watch) seen(m *machine, n int) {
	m.t.Helper()
	m.eventually("Docker tells of all containers", func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.runs) != n {
			return fmt.Errorf("%d run: %v", len(w.runs), w.runs)
		}
		return nil
	})
}
