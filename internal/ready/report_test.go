package ready_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/ready"
)

func TestReportTellsWhatFails(t *testing.T) {
	r := ready.Report{Role: "api", Name: "api-1", Able: true}
	if got := r.Text(); got != "ready\n" {
		t.Errorf("nothing to say: %q", got)
	}
	r.Add(ready.Work(nil), ready.Check{Name: ready.CheckRoom, Level: ready.Warn, Detail: "81 % used"})
	if got := r.Text(); got != "ready\nwarn  room    81 % used\n" || !r.Able {
		t.Errorf("a warning: %q, able %v", got, r.Able)
	}
	r.Add(ready.Check{Name: ready.CheckRead, Level: ready.Fail, Detail: "no answer"}, ready.Check{Name: ready.CheckFold, Detail: "folded 3 of 3"})
	want := "not ready: no answer\nwarn  room    81 % used\nfail  read    no answer\nok    fold    folded 3 of 3\n"
	if got := r.Text(); got != want || r.Able {
		t.Errorf("a failure: %q, want %q; able %v", got, want, r.Able)
	}
	if c, ok := r.Of(ready.CheckRead); !ok || c.Detail != "no answer" {
		t.Errorf("of read: %+v, %v", c, ok)
	}
}

// TestOthersAreTold: what is told to others is what is not right, and no longer than
// the bounds, whoever wrote it.
func TestOthersAreTold(t *testing.T) {
	r := ready.Report{Role: "api", Name: "api-1", Version: "v1", Started: time.Unix(5, 0).UTC(), Sequence: 7, Able: true}
	r.Add(ready.Check{Name: ready.CheckFold, Detail: "fine"}, ready.Check{Name: ready.CheckRoom, Level: ready.Fail, Detail: strings.Repeat("ä", 9*ready.DetailMax)})
	data, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 2*ready.DetailMax {
		t.Errorf("%d bytes are told", len(data))
	}
	got, err := ready.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if got.Role != r.Role || got.Name != r.Name || got.Version != r.Version || !got.Started.Equal(r.Started) || got.Sequence != 7 || got.Able {
		t.Errorf("got %+v", got)
	}
	if len(got.Checks) != 1 || got.Checks[0].Level != ready.Fail || got.Checks[0].Detail != strings.Repeat("ä", ready.DetailMax/2) {
		t.Errorf("checks %+v", got.Checks)
	}
	long, err := json.Marshal(ready.Report{Role: strings.Repeat("r", 9999), Checks: make([]ready.Check, 9999)})
	if err != nil {
		t.Fatal(err)
	}
	got, err = ready.Decode(long)
	if err != nil || len(got.Role) != ready.TextMax || len(got.Checks) != ready.ChecksMax {
		t.Errorf("role of %d, %d checks, %v", len(got.Role), len(got.Checks), err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"role":"api","ready":true,"checks":[{"check":"room","level":"odd","detail":"x"}]}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ready.Decode(data)
		if err != nil {
			return
		}
		_ = r.Text()
		if len(r.Name) > ready.TextMax || len(r.Checks) > ready.ChecksMax {
			t.Errorf("beyond the bounds: %+v", r)
		}
		for _, c := range r.Checks {
			if c.Level > ready.Fail || len(c.Detail) > ready.DetailMax {
				t.Errorf("check %+v", c)
			}
		}
	})
}
