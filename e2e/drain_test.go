package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// drains kills the role at each moment of the drain of an agent: its tasks are moved
// beside, each once, and no other is touched.
func (a *around) drains() {
	job, submitted := a.job("moved", a.role), false
	const n = 4
	w := watchContainers(a.t, job)
	for _, path := range [][]step{
		{{"taurus.agents.drained.v1", ""}},
		{planned},
		{staged},
		{running},
		{isUp},
		{doomed},
		{issued},
		{killed},
		{killed, planned},
		{killed, killed},
	} {
		if _, tried := a.moment("drain"); !tried {
			continue
		}
		if !submitted {
			submitted = true
			a.asks(http.MethodPost, "/v2/jobs", fmt.Sprintf(`{"id":%q,"rollout":{"max_surge":1,"max_unavailable":0,"min_healthy":"200ms"},
				"tasks":[{"replicas":%d,"kill_grace":"2s","resources":{"cpu":0.1,"memory":32},%s}]}`, job, n, fmt.Sprintf(serves, image, 1)),
				http.StatusCreated, http.StatusConflict)
			a.running(job, n)
			a.isUp(job, n)
			w.seen(a.machine, n)
			w.bound(a.t, n, n+1, "")
		}
		// With all on one agent those there are to move; so from the first.
		before, agents := a.places(job), a.agents()
		from := before[0].agent
		if i := slices.IndexFunc(before, func(p place) bool { return p.agent == agents[0] }); i >= 0 {
			from = agents[0]
		}
		began, of := a.now(), job
		if path[0].event == "taurus.agents.drained.v1" {
			of = ""
		}
		a.asks(http.MethodPost, "/v2/agents/"+from+"/drain", `{}`, http.StatusOK)
		a.comes(of, began, path...)
		a.killed()
		a.eventually("all are elsewhere", func() error {
			for _, p := range a.places(job) {
				if p.agent == from {
					return fmt.Errorf("%s is still there", p.task)
				}
			}
			return nil
		})
		a.running(job, n)
		a.isUp(job, n)
		w.seen(a.machine, n)
		w.bound(a.t, n, n+1, "")
		after := a.places(job)
		for _, p := range before {
			if p.agent != from && !slices.Contains(after, p) {
				a.t.Errorf("%v was touched: %v", p, after)
			}
		}
		a.asks(http.MethodDelete, "/v2/agents/"+from+"/drain", "", http.StatusOK, http.StatusNotFound)
		if a.t.Failed() {
			a.t.FailNow()
		}
		a.t.Logf("kill -9 of %s, the drain of %s, at %v", a.role, from, path)
	}
	if submitted {
		w.bound(a.t, 0, 0, "")
		a.stopJob(job)
		a.gone(job)
	}
}

// deadlines kills the role at each moment of a drain of what cannot be moved, and of a
// batch: at its deadline both end, and they begin again when the drain does, once.
func (a *around) deadlines() {
	of := step{"taurus.agents.drained.v1", ""}
	for _, at := range []step{of, doomed, issued, killed} {
		job, tried := a.moment("held")
		if !tried {
			continue
		}
		batch := job + "-batch"
		for _, document := range []string{
			fmt.Sprintf(`{"id":%q,"rollout":{"max_surge":1,"max_unavailable":0,"min_healthy":"200ms"},"tasks":[{"replicas":2,%s`, job, stays),
			fmt.Sprintf(`{"id":%q,"kind":"batch","tasks":[{"replicas":1,"restart":{"attempts":1},%s`, batch, stays),
		} {
			a.asks(http.MethodPost, "/v2/jobs", document, http.StatusCreated, http.StatusConflict)
		}
		a.running(job, 2)
		a.running(batch, 1)
		agent, began, watched := a.places(job)[0].agent, a.now(), job
		deadline := time.Now().Add(3 * time.Second).Format(time.RFC3339Nano)
		a.asks(http.MethodPost, "/v2/agents/"+agent+"/drain", fmt.Sprintf(`{"deadline":%q}`, deadline), http.StatusOK)
		if at == of {
			watched = ""
		}
		a.comes(watched, began, at)
		a.killed()
		for _, id := range []string{job, batch} {
			a.running(id, 0)
		}
		a.says([]string{"explain", job}, "drained")
		a.asks(http.MethodDelete, "/v2/agents/"+agent+"/drain", "", http.StatusOK, http.StatusNotFound)
		for id, n := range map[string]int{job: 2, batch: 1} {
			a.running(id, n)
			a.counts(a.machine, id, 2*n)
			a.stopJob(id)
			a.gone(id)
		}
		if a.t.Failed() {
			a.t.FailNow()
		}
		a.t.Logf("kill -9 of %s, the deadline of a drain, at %v", a.role, at)
	}
}

// stays is a group that only one of the agents will do for.
const stays = `"kill_grace":"2s","resources":{"cpu":0.1,"memory":32},"constraints":[{"attribute":"agent","operator":"is","value":"1"}],
	"container":{"image":"` + image + `","network":"none","command":"trap 'exit 0' TERM; while :; do sleep 1 & wait; done"}}]}`

// place is where a container of a job runs.
type place struct{ task, container, agent string }

// places are those of the containers of a job that run, by task.
func (m *machine) places(job string) (places []place) {
	m.t.Helper()
	for _, line := range docker(m.t, "ps", "--no-trunc", "--filter", "label=taurus.job="+job,
		"--format", `{{.Label "taurus.task"}}/{{.ID}}/{{.Label "taurus.mesosim.agent"}}`) {
		if p := strings.Split(line, "/"); len(p) == 3 {
			places = append(places, place{p[0], p[1], p[2]})
		}
	}
	return places
}

// agents are the ids of those that there are.
func (m *machine) agents() (ids []string) {
	m.t.Helper()
	m.eventually("two agents are known", func() error {
		var list struct {
			Agents []struct {
				ID string `json:"agent_id"`
			} `json:"agents"`
		}
		_, err := m.call(http.MethodGet, "/v2/agents", "", &list)
		ids = nil
		for _, a := range list.Agents {
			ids = append(ids, a.ID)
		}
		if len(ids) != 2 {
			return fmt.Errorf("%q, %w", ids, err)
		}
		return nil
	})
	return ids
}

// isUp waits until n tasks of a job are healthy.
func (m *machine) isUp(job string, n int) {
	m.t.Helper()
	m.eventually(fmt.Sprintf("%d tasks of %s are up", n, job), func() error {
		var v progress
		_, err := m.call(http.MethodGet, "/v2/jobs/"+job+"/rollout", "", &v)
		if err != nil || len(v.Groups) != 1 || v.Groups[0].Up != n {
			return fmt.Errorf("%+v, %w", v, err)
		}
		return nil
	})
}
