package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
)

// steered is a job that is rolled out by commands, on simulated agents.
type steered struct {
	m *machine
	// release numbers what is rolled out.
	release int
}

// run runs the job again with another release: what the group gets besides, and how it
// is rolled out. It returns the exit status and what was printed.
func (s *steered) run(replicas int, policy, group string, args ...string) (status int, printed string) {
	s.m.t.Helper()
	s.release++
	file := filepath.Join(s.m.t.TempDir(), "steered.json")
	document := fmt.Sprintf(`{"id":"steered","rollout":{%s},"tasks":[{"role":"web","replicas":%d,"env":{"RELEASE":"%d"},
		"resources":{"cpu":0.1,"memory":32},"container":{"image":"web"},"ports":[{"name":"http"}],%s}]}`, policy, replicas, s.release, group)
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		s.m.t.Fatal(err)
	}
	return s.m.say(append([]string{"run", file}, args...)...)
}

// does runs a command that has to succeed.
func (s *steered) does(args ...string) string {
	s.m.t.Helper()
	status, out := s.m.say(args...)
	if status != 0 {
		s.m.t.Fatalf("taurus %s: status %d: %s", strings.Join(args, " "), status, out)
	}
	return out
}

// outcome is a rollout as the API tells of it.
type outcome struct {
	Status  string `json:"status"`
	Cause   string `json:"cause"`
	Version uint64 `json:"version"`
	Reason  string `json:"reason"`
}

// progress is how far it is.
type progress struct {
	Version uint64  `json:"version"`
	Wanted  uint64  `json:"wanted"`
	Rollout outcome `json:"rollout"`
	Detail  string  `json:"detail"`
	Groups  []struct {
		Wanted  int `json:"wanted"`
		Updated int `json:"updated"`
		Up      int `json:"up"`
		Old     int `json:"old"`
	} `json:"groups"`
	Past []outcome `json:"past"`
}

// comes waits until the rollout is as a test wants it.
func (s *steered) comes(to string, as func(p progress) bool) (p progress) {
	s.m.t.Helper()
	s.m.eventually("the rollout comes to "+to, func() error {
		p = progress{}
		if _, err := s.m.call(http.MethodGet, "/v2/jobs/steered/rollout", "", &p); err != nil {
			return err
		}
		if len(p.Groups) != 1 || !as(p) {
			return fmt.Errorf("%+v", p)
		}
		return nil
	})
	return p
}

// stands waits until exactly n tasks run, all of what is wanted; it returns their ids.
func (s *steered) stands(n int) (ids []string) {
	s.m.t.Helper()
	s.comes(fmt.Sprintf("%d tasks", n), func(p progress) bool {
		g := p.Groups[0]
		return p.Rollout.Status != "rolling" && g.Wanted == n && g.Updated == n && g.Up == n && g.Old == 0
	})
	s.m.eventually(fmt.Sprintf("%d tasks run", n), func() error {
		tasks, err := s.m.tasks("steered")
		ids = nil
		for _, t := range tasks {
			if strings.EqualFold(t.State, "running") {
				ids = append(ids, t.ID)
			}
		}
		if slices.Sort(ids); err != nil || len(ids) != n {
			return fmt.Errorf("%+v, %w", tasks, err)
		}
		return nil
	})
	return ids
}

// TestSteered goes with the command line through what becomes of a job of four tasks that
// is updated on agents which play what no real task does: one that never starts, or never
// gets healthy.
func TestSteered(t *testing.T) {
	m := &machine{t: t, dir: t.TempDir(), args: []string{"--executor", "simulated"}, http: http.Client{Timeout: testwait.Patience / 3}}
	m.start()
	t.Cleanup(func() {
		m.stop()
		if t.Failed() {
			m.logs()
		}
	})
	const (
		beside  = `"max_surge":1,"max_unavailable":0,"min_healthy":"100ms"`
		checked = `"health_check":{"path":"/"}`
		slow    = `"labels":{"sim.start_delay":"1s"},` + checked
	)
	s := &steered{m: m}
	must := func(status int, out string) {
		t.Helper()
		if status != 0 {
			t.Fatalf("status %d: %s", status, out)
		}
	}
	must(s.run(4, beside, checked, "--wait"))
	first := s.stands(4)

	// Updated: the tasks are others.
	must(s.run(4, beside, checked, "--wait"))
	second := s.stands(4)
	if common := both(first, second); len(common) > 0 {
		t.Fatalf("after an update %v are the same", common)
	}

	// Paused: what is under way comes up, and nothing follows; resumed.
	must(s.run(4, beside, slow))
	s.does("rollout", "steered", "pause", "--reason", "looking")
	rests := s.comes("a rest", func(p progress) bool {
		g := p.Groups[0]
		return p.Rollout.Status == "paused" && g.Updated == g.Up && g.Updated+g.Old <= 5 && g.Old >= 3
	})
	if !strings.Contains(rests.Detail, "looking") {
		t.Errorf("a paused rollout says %q", rests.Detail)
	}
	s.does("rollout", "steered", "resume")
	s.stands(4)

	// A canary waits to be promoted.
	must(s.run(4, beside+`,"canary":1`, checked))
	s.comes("its canary", func(p progress) bool {
		g := p.Groups[0]
		return p.Rollout.Status == "rolling" && g.Updated == 1 && g.Up == 1 && g.Old == 3
	})
	s.does("rollout", "steered", "promote")
	stood := s.stands(4)
	wanted := s.comes("success", func(p progress) bool { return p.Rollout.Status == "succeeded" }).Wanted

	// What does not start, and what never gets healthy, goes back; what serves stays.
	for name, group := range map[string]string{
		"image": `"restart":{"policy":"never"},"labels":{"sim.fail":"no such image"},` + checked,
		"check": `"health_check":{"path":"/","delay":"1h"}`,
	} {
		status, out := s.run(4, beside+`,"auto_rollback":true,"progress_deadline":"3s"`, group, "--wait")
		if status == 0 || !strings.Contains(out, "rolled back") && !strings.Contains(out, "back to version") {
			t.Errorf("%s: status %d, %s", name, status, out)
		}
		if after := s.stands(4); !slices.Equal(after, stood) {
			t.Errorf("%s: %v run, want %v as before", name, after, stood)
		}
		if p := s.comes("the version before", func(p progress) bool { return p.Wanted == wanted }); p.Version == wanted {
			t.Errorf("%s: %+v", name, p)
		}
	}

	// A restart of a slot replaces its task only, by one of the same.
	s.does("restart", "steered", "--slot", "2", "--wait")
	if kept := both(stood, s.stands(4)); len(kept) != 3 {
		t.Errorf("after a restart of slot 2, %v are left of %v", kept, stood)
	}

	// A newer version supersedes one that would never come up.
	must(s.run(4, beside, `"health_check":{"path":"/","delay":"1h"}`))
	s.comes("a task that does not come up", func(p progress) bool { return p.Groups[0].Updated == 1 && p.Groups[0].Up == 0 })
	must(s.run(4, beside, checked, "--wait"))
	s.stands(4)
	p := s.comes("success", func(p progress) bool { return p.Rollout.Status == "succeeded" && len(p.Past) > 0 })
	if last := p.Past[len(p.Past)-1]; last.Status != "superseded" || last.Version >= p.Rollout.Version {
		t.Errorf("before %+v there was %+v", p.Rollout, last)
	}

	// Scaled while it rolls, up and down.
	must(s.run(4, beside, slow))
	s.does("scale", "steered", "6")
	s.stands(6)
	must(s.run(6, beside, slow))
	s.does("scale", "steered", "2")
	s.stands(2)

	s.does("stop", "steered")
	m.eventually("nothing runs", func() error {
		tasks, err := m.tasks("steered")
		for _, t := range tasks {
			if strings.EqualFold(t.State, "running") {
				return fmt.Errorf("%+v runs", t)
			}
		}
		return err
	})
}

// both are those that are in a and in b.
func both(a, b []string) (common []string) {
	for _, s := range a {
		if slices.Contains(b, s) {
			common = append(common, s)
		}
	}
	return common
}
