package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// replicas is how many tasks the job has that is rolled in these tests.
const replicas = 3

// update is a rollout in which a process is killed.
type update struct {
	name string
	// policy is that of the job, group what its tasks get.
	policy, group string
	// surge and unavailable are its bounds.
	surge, unavailable int
	// bad reports whether the version comes to nothing.
	bad bool
	// kills are the moments of the rollout, each with the steps that lead to it.
	kills [][]step
}

const (
	serves = `"restart":{"policy":"always"},"health_check":{"command":"true","interval":"500ms"},
		"container":{"image":%q,"network":"none","parameters":[{"key":"label","value":"release=%d"}],"command":"trap 'exit 0' TERM; while :; do sleep 1 & wait; done"}`
	// What fails is never healthy. Without a check it would be up for as long as no launcher
	// hears of its end, which is ten seconds where that was killed.
	fails = `"restart":{"policy":"never"},"health_check":{"command":"false","interval":"500ms"},
		"container":{"image":%q,"network":"none","parameters":[{"key":"label","value":"release=%d"}],"command":"sleep 1; exit 3"}`
)

// moments of a rollout.
var (
	updated  = step{"taurus.job.updated.v1", ""}
	planned  = step{"taurus.plan.tasks_planned.v1", ""}
	staged   = step{"taurus.task.staged.v1", ""}
	running  = step{"taurus.task.status_changed.v1", "TASK_RUNNING"}
	isUp     = step{"taurus.task.status_changed.v1", healthy}
	doomed   = step{"taurus.plan.tasks_doomed.v1", ""}
	issued   = step{"taurus.kill.issued.v1", ""}
	killed   = step{"taurus.task.status_changed.v1", "TASK_KILLED"}
	failed   = step{"taurus.task.status_changed.v1", "TASK_FAILED"}
	reverted = step{"taurus.plan.rollout_reverted.v1", ""}
	ended    = step{"taurus.plan.rollout_ended.v1", ""}
)

// updates are the ways in which a version is rolled out: beside what serves, in its
// place, and back from one that fails.
var updates = []update{
	{
		name: "beside", policy: `"max_surge":1,"max_unavailable":0,"min_healthy":"200ms"`, group: serves, surge: 1,
		kills: [][]step{{updated}, {planned}, {staged}, {running}, {isUp}, {doomed}, {issued}, {killed}, {ended}},
	},
	{
		name: "in its place", policy: `"max_surge":0,"max_unavailable":1,"min_healthy":"200ms"`, group: serves, unavailable: 1,
		kills: [][]step{
			{updated}, {doomed}, {issued}, {killed}, {killed, planned}, {killed, planned, staged}, {killed, planned, running}, {killed, planned, isUp}, {ended},
		},
	},
	{
		name: "back, beside", policy: `"max_surge":1,"max_unavailable":0,"min_healthy":"200ms","auto_rollback":true`, group: fails, surge: 1, bad: true,
		kills: [][]step{{planned}, {running}, {failed}, {reverted}, {ended}},
	},
	{
		name: "back, in its place", policy: `"max_surge":0,"max_unavailable":1,"min_healthy":"200ms","auto_rollback":true`, group: fails, unavailable: 1, bad: true,
		kills: [][]step{{doomed}, {killed, planned}, {failed}, {reverted}, {reverted, planned}, {reverted, staged}, {reverted, isUp}, {reverted, ended}},
	},
}

// TestKilledWhileItRolls: whichever service dies at whichever step of a rollout, in the
// end exactly the tasks that are wanted run, of the version that is wanted, and all the
// while as many serve as the rollout's bounds ask for.
func TestKilledWhileItRolls(t *testing.T) {
	needDocker(t)
	for r, role := range []string{"api", "planner", "launcher", "reaper"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, "--agents", "1")
			id := m.job("rolls", role)
			j := rolled{m: m, watch: watchContainers(t, id), id: id}
			j.put(updates[0])
			j.settled(1)
			n := r
			for _, u := range updates {
				rolled := m.part(u.name, func() {
					for _, path := range u.kills {
						if n++; *everyStep || n%6 == 0 {
							j.roll(u, role, path)
						}
					}
				})
				if !rolled {
					t.FailNow()
				}
			}
			j.watch.bound(t, 0, 0, "")
			m.stopJob(j.id)
			m.gone(j.id)
		})
	}
}

// rolled is the job of a machine.
type rolled struct {
	m     *machine
	watch *watch
	id    string
	// release numbers what is rolled out; it is a label of the containers.
	release int
	// stands is the one that is to run, version the job's number of it, containers are
	// those in which it runs, by slot.
	stands     int
	version    uint64
	containers map[string]string
}

// put has the next release wanted; again, if the answer was lost with its process: the
// same makes no other version.
func (j *rolled) put(u update) {
	j.m.t.Helper()
	j.release++
	body := fmt.Sprintf(`{"id":%q,"rollout":{%s},"tasks":[{"role":"web","replicas":%d,"kill_grace":"2s",
		"resources":{"cpu":0.1,"memory":32},%s}]}`, j.id, u.policy, replicas, fmt.Sprintf(u.group, image, j.release))
	j.m.eventually("the update is taken", func() error {
		status, err := j.m.call(http.MethodPut, "/v2/jobs/"+j.id, body, nil)
		if err != nil || status >= 300 {
			return fmt.Errorf("status %d: %w", status, err)
		}
		return nil
	})
}

// settled waits until the rollout has succeeded, where there is one, and exactly the
// tasks of the release run that is to stand, each slot in one container.
func (j *rolled) settled(release int) {
	j.m.t.Helper()
	j.m.eventually(fmt.Sprintf("release %d runs", release), func() error {
		var v progress
		if _, err := j.m.call(http.MethodGet, "/v2/jobs/"+j.id+"/rollout", "", &v); err != nil {
			return err
		}
		// One that is not up may be replaced as it likes.
		if v.Rollout.Status != "succeeded" && v.Rollout.Status != "" || len(v.Groups) != 1 || v.Groups[0].Up != replicas {
			return fmt.Errorf("%+v", v)
		}
		slots, err := j.slots(release)
		if err != nil {
			return err
		}
		if len(slots) != replicas {
			return fmt.Errorf("containers in slots %v; %+v", slots, v)
		}
		j.stands, j.version, j.containers = release, v.Wanted, slots
		return nil
	})
	j.m.running(j.id, replicas)
	j.watch.seen(j.m, replicas)
}

// slots are the containers that run, by their slot. There may be none of another release.
func (j *rolled) slots(release int) (map[string]string, error) {
	slots := map[string]string{}
	lines := docker(j.m.t, "ps", "--no-trunc", "--filter", "label=taurus.job="+j.id, "--format", `{{.Label "taurus.task"}}/{{.ID}}/{{.Label "release"}}`)
	for _, line := range lines {
		parts := strings.Split(line, "/")
		name := strings.Split(parts[0], "-")
		if len(parts) != 3 || len(name) < 3 {
			return nil, fmt.Errorf("docker ps: %q", line)
		}
		slot := name[len(name)-2]
		if slots[slot] != "" || parts[2] != fmt.Sprint(release) {
			return nil, fmt.Errorf("want one container of release %d in each slot: %q", release, lines)
		}
		slots[slot] = parts[1]
	}
	return slots, nil
}

// roll rolls the next release out, and kills a role when that has come to a moment.
func (j *rolled) roll(u update, role string, path []step) {
	m := j.m
	m.t.Helper()
	before, stood, version, bad := j.containers, j.stands, j.version, ""
	from, err := m.sequence()
	if err != nil {
		m.t.Fatal(err)
	}
	want := j.release + 1
	if u.bad {
		bad, want = fmt.Sprint(want), stood
	}
	j.watch.bound(m.t, replicas-u.unavailable, replicas+u.surge, bad)
	j.put(u)
	began := from + 1
	for _, s := range path {
		from = m.reachedFrom(j.id, from+1, s)
	}
	pid := m.kill(role)
	m.reachedFrom(j.id, began, ended)
	j.settled(want)
	m.replaced(role, pid)
	j.watch.bound(m.t, replicas-u.unavailable, replicas+u.surge, bad)
	kept := 0
	for slot, id := range j.containers {
		kept += one(before[slot] == id)
	}
	what := fmt.Sprintf("kill -9 of %s, %s, at %v", role, u.name, path)
	switch {
	case u.bad && j.version != version:
		m.t.Errorf("%s: version %d is wanted, want %d back", what, j.version, version)
	case u.bad && kept != replicas-u.unavailable:
		m.t.Errorf("%s: %d containers are the same, want %d: %v, then %v", what, kept, replicas-u.unavailable, before, j.containers)
	case !u.bad && j.version == version:
		m.t.Errorf("%s: version %d still stands", what, version)
	}
	if m.t.Failed() {
		m.t.FailNow()
	}
	m.t.Logf("%s: release %d stands, version %d", what, j.stands, j.version)
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
