package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

// TestDoctor looks at a NATS without a log and an api without a launcher.
func TestDoctor(t *testing.T) {
	nats := natstest.Start(t)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"sequence":7,"launcher":{"epoch":0},"jobs":{},"tasks":{},"unreachable":0,"skipped":0}`))
	}))
	defer api.Close()
	status, out, told := with(t, api.URL, "", "doctor", "--nats", nats.URL())
	if status != cli.ExitFailed || told != "" {
		t.Errorf("%d, told %q", status, told)
	}
	for _, want := range []string{
		"ok    nats    nats-server ", "fail  stream  jetstream: there is no stream TAURUS", "fail  role    which parts are there is not known",
		"ok    api     " + api.URL + " answers, at sequence 7", "fail  mesos   no launcher has ever subscribed", ": taurus cannot do all of its work\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	status, out, _ = with(t, api.URL, "", "doctor", "--nats", nats.URL(), "--output", "json")
	var r ready.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || status != cli.ExitFailed || r.Able || len(r.Checks) < 5 {
		t.Errorf("%d, %v: %s", status, err, out)
	}
	if status, out, _ = with(t, api.URL, "", "doctor", "--stream", "a.b"); status != cli.ExitUsage || out != "" {
		t.Errorf("a wrong setting: %d %s", status, out)
	}
}
