package v2_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// TestDrain: a host is drained, told of, and has tasks again; who asked and why is kept.
func TestDrain(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(`{"id":"web","tasks":[{"role":"web","container":{"image":"i"},"replicas":2}]}`)
	r.Launch("web", run, 2)
	one := first(t, r.Do("GET", "/v2/agents", "").Want(200))
	host, _ := one["host"].(string)
	agent, _ := one["agent_id"].(string)
	if one["state"] != "open" || one["tasks"] != 2.0 || one["jobs"] != 1.0 || host == "" || agent == "" {
		t.Fatalf("got %v", one)
	}
	a := r.Do("POST", "/v2/agents/"+host+"/drain", `{"reason":"new disks","deadline":"2026-12-01T10:00:00+01:00"}`, apitest.Headers{"X-Taurus-Actor": "ann"}).Want(200)
	for _, want := range []string{`"state":"draining"`, `"reason":"new disks"`, `"by":"ann (through anonymous)"`, `"deadline":"2026-12-01T09:00:00Z"`, `"agent_id":"` + agent + `"`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("%s is not in %s", want, a.Body)
		}
	}
	r.Do("DELETE", "/v2/agents/"+agent+"/drain", "").Want(404) // It was the host that was drained.
	again := r.Do("DELETE", "/v2/agents/"+host+"/drain?reason=done", "").Want(200)
	if !strings.Contains(again.Body, `"state":"open"`) || strings.Contains(again.Body, `"drain"`) {
		t.Errorf("got %s", again.Body)
	}
	if then := r.Do("GET", "/v2/agents?at="+a.Header.Get("X-Taurus-Sequence"), "").Want(200); !strings.Contains(then.Body, "draining") {
		t.Errorf("then %s", then.Body)
	}
	r.Do("DELETE", "/v2/agents/"+host+"/drain", "").Want(404)
	one = first(t, r.Do("POST", "/v2/agents/"+agent+"/drain", "").Want(200))
	if one["state"] != "draining" || one["host"] != host {
		t.Errorf("got %v", one)
	}
}

func first(t *testing.T, a apitest.Answer) apitest.Object {
	t.Helper()
	var list struct {
		Agents []apitest.Object `json:"agents"`
	}
	if err := json.Unmarshal([]byte(a.Body), &list); err != nil || len(list.Agents) != 1 {
		t.Fatalf("got %s, %v", a.Body, err)
	}
	return list.Agents[0]
}

// TestDrainOfWhatIsNotKnown is kept for when it is.
func TestDrainOfWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	one := first(t, r.Do("POST", "/v2/agents/rack-7%2Fa/drain", "").Want(200))
	if one["host"] != "rack-7/a" || one["state"] != "drained" || one["agent_id"] != nil {
		t.Errorf("got %v", one)
	}
	r.Elect()
	r.Append("taurus.ev.ctl.launcher.0", events.AgentUnavailable{AgentID: "S9", Hostname: "h9", From: time.Now().Add(time.Hour)})
	if a := r.Do("GET", "/v2/agents", "").Want(200); !strings.Contains(a.Body, `"agent_id":"S9"`) || !strings.Contains(a.Body, `"maintenance":{"from"`) {
		t.Errorf("got %s", a.Body)
	}
	for target, body := range map[string]string{
		"/v2/agents/a%00b/drain":                            "",
		"/v2/agents/" + strings.Repeat("a", 256) + "/drain": "",
		"/v2/agents/h/drain":                                `{"deadline":"tomorrow"}`,
		"/v2/agents/h2/drain":                               `{"until":"tomorrow"}`,
	} {
		r.Do("POST", target, body).Want(400)
	}
}
