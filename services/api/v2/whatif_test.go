package v2_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// foreseen is what is told of what would happen.
type foreseen struct {
	Settled bool
	After   string
	Steps   []struct{ After, Kind, Job, From, To, Reason string }
	Groups  []struct {
		Job, Group, Reason             string
		Before, Lowest, After, Waiting int
	}
	Agents struct{ Known, Unoffered int }
}

// offering is a log of verdicts in which agents of two cores have offered.
func offering(t *testing.T, hosts ...string) eventlog.Log {
	t.Helper()
	log, space := memory.New(), events.NewSpace(0)
	var list []events.AgentOffer
	for _, host := range hosts {
		list = append(list, events.AgentOffer{
			AgentID: "on-" + host, Hostname: host, Role: "*", Resources: events.Resources{CPUs: 2, Mem: 4096},
			Attributes: map[string]string{"rack": "r-" + host},
		})
	}
	m, err := events.Encode(space.Offers(0), events.Envelope{ID: "o"}, events.AgentsOffered{Agents: list})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(t.Context(), eventlog.Fact(m)); err != nil {
		t.Fatal(err)
	}
	return log
}

func TestWhatIf(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Why = offering(t, "a", "b") })
	run := r.Create(`{"id":"web","tasks":[{"role":"web","container":{"image":"i"},"resources":{"cpu":1,"memory":64},"replicas":1}]}`)
	r.Plan("web", run, 1)
	r.Elect()
	r.Append(r.Space.Task("web", 0), events.TaskStaged{
		Run: run, Version: 1, Group: "web", Slot: 0, Attempt: 1, TaskID: "t0", AgentID: "on-c", Hostname: "c", Resources: events.Resources{CPUs: 1, Mem: 64},
	})
	r.Status("web", run, 0, "TASK_RUNNING")
	for { // Until what the agents offered is read.
		var f foreseen
		if r.Do("POST", "/v2/whatif", `{"scale":{"job":"web","replicas":1}}`).Want(200).Into(&f); f.Agents.Known == 2 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	before := r.Do("GET", "/v2/jobs/web", "").Want(200).Body
	ask := func(body string) foreseen {
		t.Helper()
		var f foreseen
		r.Do("POST", "/v2/whatif", body).Want(200).Into(&f)
		return f
	}

	if a := r.Do("GET", "/v2/agents", "").Want(200); !strings.Contains(a.Body, `"attributes":{"rack":"r-a"}`) {
		t.Errorf("agents without their attributes: %s", a.Body)
	}
	got := ask(`{"lose":{"host":"c"}}`)
	if !got.Settled || got.After != "5m2s" || len(got.Steps) != 3 || got.Steps[0].Kind != "cut_off" || got.Steps[2].Kind != "moves" || got.Steps[2].To != "a" ||
		got.Groups[0].Lowest != 0 || got.Groups[0].After != 1 || got.Agents.Known != 2 || got.Agents.Unoffered != 1 {
		t.Errorf("c is lost: %+v", got)
	}
	if got = ask(`{"scale":{"job":"web","replicas":9}}`); got.Groups[0].After != 5 || got.Groups[0].Waiting != 4 || !strings.Contains(got.Groups[0].Reason, "cpus") {
		t.Errorf("scaled to more than there is room for: %+v", got)
	}
	if got = ask(`{"drain":{"host":"c"}}`); len(got.Steps) != 2 || !strings.Contains(got.Steps[1].Reason, "c is drained") {
		t.Errorf("c is drained: %+v", got)
	}
	if got = ask(`{"run":{"id":"more","tasks":[{"role":"w","container":{"image":"i"},"resources":{"cpu":1,"memory":64},"replicas":1}]},"lose":{"attribute":"rack","value":"r-a"}}`); got.Groups[0].Job != "more" || got.Groups[0].After != 1 || got.Steps[len(got.Steps)-1].To != "b" {
		t.Errorf("run without rack r-a: %+v", got)
	}
	if after := r.Do("GET", "/v2/jobs/web", "").Want(200).Body; after != before {
		t.Errorf("asking changed the job:\n%s\n%s", before, after)
	}
	for body, want := range map[string]string{
		`{}`:                         "give run, scale, drain or lose",
		`{"lose":{}}`:                "must have either host, or attribute and value",
		`{"lose":{"host":"x"}}`:      `no agent is known on \"x\"; known are: a, b, c`,
		`{"lose":{"attribute":"q"}}`: "no agent that is known has q=; the attributes there are: rack",
		`{"lose":{"attribute":"rack","value":"r1"}}`: "no agent that is known has rack=r1; there are: r-a, r-b",
		`{"scale":{"job":"web"}}`:                    "scale.replicas",
		`{"run":{"id":"x","tasks":[]}}`:              "tasks",
		`{"scale":{"job":"web","n":1}}`:              "is no field of this request",
	} {
		if a := r.Do("POST", "/v2/whatif", body); a.Status/100 != 4 || !strings.Contains(a.Body, want) {
			t.Errorf("%s: %d %s, want %s", body, a.Status, a.Body, want)
		}
	}
	r.Do("POST", "/v2/whatif", `{"scale":{"job":"none","replicas":1}}`).Want(404)
	r.Do("POST", "/v2/whatif", `{"run":{"id":"web","tasks":[{"role":"web","container":{"image":"i"},"replicas":1}],"kind":"batch"}}`).Want(422)
}
