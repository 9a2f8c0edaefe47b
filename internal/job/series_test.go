package job_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/job"
)

func faultsOf(t *testing.T, document string) string {
	t.Helper()
	spec, err := job.DecodeJSON([]byte(document))
	if err != nil {
		return err.Error()
	}
	if err := spec.Validate(job.DefaultLimits()); err != nil {
		return err.Error()
	}
	return ""
}

// TestSeriesFaults: each names the field and the way out.
func TestSeriesFaults(t *testing.T) {
	t.Parallel()
	document := func(rest string) string {
		return `{"id":"n",` + rest + `"tasks":[{"replicas":1,"container":{"image":"i"},"env":{"A":"b"}}]}`
	}
	long := strings.Repeat("x", 175)
	for rest, want := range map[string]string{
		`"kind":"periodic",`:                                                                       "schedule: is missing",
		`"schedule":{"cron":"@daily"},`:                                                            "schedule: only a periodic job has one",
		`"kind":"periodic","schedule":{},`:                                                         "schedule.cron: is missing",
		`"kind":"periodic","schedule":{"cron":7},`:                                                 "schedule.cron: must be a string",
		`"kind":"periodic","schedule":{"cron":"61 * * * *"},`:                                      `schedule.cron: "61 * * * *" is no line of cron`,
		`"kind":"periodic","schedule":{"cron":["@daily","@every 1h"]},`:                            `schedule.cron[1]: "@every 1h" counts from nowhere`,
		`"kind":"periodic","schedule":{"cron":"0 0 30 2 *"},`:                                      "is never due",
		`"kind":"periodic","schedule":{"cron":"@daily","time_zone":"Europe/Berln"},`:               `did you mean "Europe/Berlin"?`,
		`"kind":"periodic","schedule":{"cron":"@daily","overlap":"queue"},`:                        `schedule.overlap: "queue" is not known; use "allow", "forbid" or "replace"`,
		`"kind":"periodic","schedule":{"cron":"@daily","missed":"some"},`:                          `schedule.missed: "some" is not known`,
		`"kind":"periodic","schedule":{"cron":"@daily","keep_runs":1001},`:                         "schedule.keep_runs: is 1001; make it at most 1000",
		`"kind":"periodic","schedule":{"cron":"@daily","start_deadline":"1000h"},`:                 "schedule.start_deadline",
		`"kind":"periodic","schedule":{"cron":[` + strings.Repeat(`"@daily",`, 20) + `"@daily"]},`: "schedule.cron: has 21 entries",
		`"dispatch":{},`: `dispatch: only a batch job is dispatched`,
		`"kind":"batch","dispatch":{"parameters":{"1A":{}}},`:                                               "begins with no digit",
		`"kind":"batch","dispatch":{"parameters":{"A":{}}},`:                                                "tasks[0].env.A: is also a parameter",
		`"kind":"batch","dispatch":{"parameters":{"B":{"required":true,"default":"x"}}},`:                   "dispatch.parameters.B: is required, so its default is never used",
		`"kind":"batch","dispatch":{"parameters":{"B":{"required":"yes"}}},`:                                "must be true or false",
		`"kind":"periodic","schedule":{"cron":"@daily"},"id":"n",`:                                          "id: is given twice",
		`"kind":"periodic","schedule":{"cron":"*/10 * * * * *","time_zone":"Australia/Lord_Howe"},`:         "",
		`"kind":"batch","dispatch":{"parameters":{"B":{"description":"what to read"}}},"labels":{"a":"b"},`: "",
	} {
		if got := faultsOf(t, document(rest)); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s\n got %q\nwant %q", rest, got, want)
		}
	}
	if got := faultsOf(t, strings.Replace(document(`"kind":"periodic","schedule":{"cron":"@daily"},`), `"n"`, `"`+long+`"`, 1)); !strings.Contains(got, "as those of its runs are longer") {
		t.Errorf("a long id: %q", got)
	}
}

// TestRunIDs: those of runs are known by their shape, and nobody else's.
func TestRunIDs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 2, 30, 0, 0, time.FixedZone("", 3600))
	for id, want := range map[string]bool{
		job.RunID("team/n@x", at, 0): true, job.RunID("n", at, 17): true, "n@20261129T013000Z-1": true, "n@20261129T013000Z": true,
		"n": false, "n@": false, "n@20261129T013000": false, "n@20261329T013000Z": false, "n@20261129T013000Z-": false,
		"n@20261129T013000Z-x": false, "n@20261129T013000Z@y": false, "@daily": false,
	} {
		if got := job.IsRunID(id); got != want {
			t.Errorf("%q: %t", id, got)
		}
	}
	if got := job.RunID("n", at, 0); got != "n@20261129T013000Z" {
		t.Errorf("called %s", got)
	}
	spec := job.Spec{ID: "n@20261129T013000Z", Tasks: []job.Group{{Replicas: 1, Container: &job.Container{Image: "i"}}}}
	if err := spec.Validate(job.DefaultLimits()); err == nil || !strings.Contains(err.Error(), "ends like that of a run") {
		t.Errorf("submitted: %v", err)
	}
}

// TestRunSpec: a run is a batch job that is valid, and leaves the series as it was.
func TestRunSpec(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		`{"id":"n","kind":"periodic","schedule":{"cron":"@daily"},"tasks":[{"replicas":1,"container":{"image":"i"}}]}`,
		`{"id":"n","kind":"batch","dispatch":{"parameters":{"A":{"default":"a"},"B":{}}},"tasks":[{"replicas":1,"container":{"image":"i"},"env":{"C":"c"}}]}`,
	} {
		spec, err := job.DecodeJSON([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		spec.Normalise()
		before := fmt.Sprint(spec.JSON())
		run := spec.RunSpec(job.RunID("n", time.Now(), 1), map[string]string{"B": "b"})
		if run.Kind != job.KindBatch || run.Series() || run.Schedule != nil || !spec.Series() || fmt.Sprint(spec.JSON()) != before {
			t.Errorf("run %+v of %+v", run, spec)
		}
		if want := map[bool]string{true: "map[A:a B:b C:c]", false: "map[B:b]"}[spec.Dispatch != nil]; fmt.Sprint(run.Tasks[0].Env) != want {
			t.Errorf("environment %v, want %s", run.Tasks[0].Env, want)
		}
		run.ID = "run" // Its own is refused to users.
		if err := run.Validate(job.DefaultLimits()); err != nil {
			t.Errorf("a run is not valid: %v", err)
		}
	}
}

// TestParameters that are unknown or missing are refused by name.
func TestParameters(t *testing.T) {
	t.Parallel()
	d := job.Dispatch{Parameters: map[string]job.DispatchParameter{"A": {Required: true}, "B": {}}}
	var faults job.Faults
	if err := d.Check(map[string]string{"C": "x", "B": strings.Repeat("x", 5000)}, job.DefaultLimits()); !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatalf("%v", err)
	}
	for i, path := range []string{"parameters.B", "parameters.C", "parameters.A"} {
		if faults[i].Path != path {
			t.Errorf("%s: %s", faults[i].Path, faults[i].Message)
		}
	}
	if err := d.Check(map[string]string{"A": ""}, job.DefaultLimits()); err != nil {
		t.Error(err)
	}
}
