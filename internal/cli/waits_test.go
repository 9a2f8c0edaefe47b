package cli_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/milosgajdos/taurus/internal/cli"
)

// TestStopTellsWhatItWaitsFor: a part that is missing is told of at once, and no more
// often while somebody waits.
func TestStopTellsWhatItWaitsFor(t *testing.T) {
	const waits = "no reaper has been seen for 40s: the stop waits; start taurus-reaper"
	var looks atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		state := "stopping"
		if r.Method == http.MethodGet && looks.Add(1) > 3 {
			_, _ = fmt.Fprint(w, `{"id":"web","state":"stopped"}`)
			return
		}
		_, _ = fmt.Fprintf(w, `{"id":"web","state":%q,"waits_for":%q}`, state, waits)
	}))
	defer api.Close()
	status, _, told := with(t, api.URL, "", "stop", "web")
	if want := "job web: stopping\njob web waits: " + waits + "\n"; status != cli.ExitOK || told != want {
		t.Errorf("%d, told %q, want %q", status, told, want)
	}
	status, _, told = with(t, api.URL, "", "stop", "web", "--wait")
	if status != cli.ExitOK || !strings.HasSuffix(told, "job web waits: "+waits+"\njob web: stopped, nothing of it runs\n") || strings.Count(told, waits) != 1 {
		t.Errorf("%d, told %q", status, told)
	}
}
