package e2e_test

import (
	"fmt"
	"net/http"
	"os/exec"
)

// dispatches kills the role at each moment of a dispatch: it has one run, with as many
// containers as tasks.
func (a *around) dispatches() {
	requested := step{"taurus.job.run_requested.v1", ""}
	for _, k := range []struct{ series, run []step }{
		{nil, nil},
		{[]step{requested}, nil},
		{[]step{requested}, []step{planned}},
		{[]step{requested}, []step{staged}},
		{[]step{requested}, []step{running}},
		{[]step{requested}, []step{finished}},
		{[]step{requested}, []step{completed}},
	} {
		job, tried := a.moment("asked")
		if !tried {
			continue
		}
		a.asks(http.MethodPost, "/v2/jobs", fmt.Sprintf(`{"id":%q,"kind":"batch","dispatch":{"parameters":{"WORK":{"required":true}}},
			"tasks":[{"replicas":2,"resources":{"cpu":0.1,"memory":32},"restart":{"attempts":1},
			"container":{"image":%q,"network":"none","command":"echo $WORK"}}]}`, job, image), http.StatusCreated, http.StatusConflict)
		began := a.now()
		asking := a.ask(job)
		if err := asking.Start(); err != nil {
			a.t.Fatal(err)
		}
		at := a.comes(job, began, k.series...)
		if k.run != nil {
			a.comes(a.runOf(job, at), 0, k.run...)
		}
		a.killed()
		_ = asking.Wait()
		// Whoever has no answer asks again.
		a.eventually("it is dispatched", func() error {
			out, err := a.ask(job).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		})
		runs := a.over(job)
		if len(runs) != 1 || runs[0].Outcome != "completed" || runs[0].Parameters["WORK"] != "once" {
			a.t.Fatalf("kill -9 of %s at %+v: %+v", a.role, k, runs)
		}
		a.counts(a.machine, runs[0].Job, 2)
		a.stopJob(job)
		a.gone(job)
		a.t.Logf("kill -9 of %s, a dispatch, at %+v", a.role, k)
	}
}

// ask is a user who dispatches a job, always by the same key.
func (a *around) ask(job string) *exec.Cmd {
	a.t.Helper()
	path, err := program()
	if err != nil {
		a.t.Fatal(err)
	}
	e, err := a.endpoints()
	if err != nil {
		a.t.Fatal(err)
	}
	return exec.Command(path, "dispatch", job, "--set", "WORK=once", "--key", job, "--api", e.API[0])
}

// gangs kills the role at each moment of the launch of a gang that needs both agents: in
// the end all of it runs, and none of one for which there is no room.
func (a *around) gangs() {
	for _, at := range []step{{"taurus.job.submitted.v1", ""}, planned, staged, running} {
		job, tried := a.moment("gang")
		if !tried {
			continue
		}
		large := job + "-large"
		a.gang(large, 5)
		a.comes(large, 0, planned)
		a.gang(job, 4)
		a.comes(job, 0, at)
		a.killed()
		a.running(job, 4)
		a.counts(a.machine, job, 4)
		a.says([]string{"explain", large}, "a gang of 5, room for")
		for _, id := range []string{job, large} {
			a.stopJob(id)
			a.gone(id)
		}
		if n := a.of(large); n != 0 {
			a.t.Errorf("%d containers of a gang were started for which there is no room", n)
		}
		a.t.Logf("kill -9 of %s, a gang, at %v", a.role, at)
	}
}

// gang submits one of n tasks, of which two may run on an agent.
func (a *around) gang(job string, n int) {
	a.t.Helper()
	a.asks(http.MethodPost, "/v2/jobs", fmt.Sprintf(`{"id":%q,"kind":"batch","tasks":[{"replicas":%d,"gang":true,"kill_grace":"2s",
		"resources":{"cpu":0.1,"memory":32},"constraints":[{"attribute":"agent","operator":"max_per","value":"2"}],
		"container":{"image":%q,"network":"none","command":"trap 'exit 0' TERM; while :; do sleep 1 & wait; done"}}]}`, job, n, image),
		http.StatusCreated, http.StatusConflict)
}
