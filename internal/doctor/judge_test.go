package doctor_test

import (
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/doctor"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/presence"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
)

var update = flag.Bool("update", false, "write the golden files anew")

func now() time.Time { return time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC) }

// part is one that has been there for an hour.
func part(role, name string, checks ...ready.Check) presence.Seen {
	s := presence.Seen{Here: true, Last: now(), Report: ready.Report{
		Role: role, Name: name, Version: "v1.2.3", Started: now().Add(-time.Hour), Sequence: 812, Able: true,
	}}
	s.Add(checks...)
	return s
}

// well are the facts of an installation that has nothing wrong.
func well() doctor.Facts {
	return doctor.Facts{
		Now: now(), Version: "v1.2.3", API: "http://api:8080",
		NATS: jetstream.Inspection{
			URL: "nats://n1:4222", Name: "n1", Version: "2.15.2", TLS: true, Skew: 3 * time.Millisecond, SkewWithin: time.Millisecond,
			Streams: []jetstream.StreamInspection{
				{Name: "TAURUS", Replicas: 3, Current: 3, First: 1, Last: 812, Bytes: 500, MaxBytes: 1000},
				{Name: "TAURUS_WHY", Replicas: 3, Current: 3, First: 5, Last: 9},
				{Name: "TAURUS_AUDIT", Replicas: 3, Current: 3, First: 1, Last: 30},
				{Name: "KV_taurus_lease", Replicas: 3, Current: 3, First: 20, Last: 99},
			},
		},
		Parts: []presence.Seen{part("api", "api-1"), part("launcher", "launcher-1"), part("planner", "planner-1"), part("reaper", "reaper-1")},
		Cluster: projection.Cluster{Sequence: 812, Launcher: projection.Launcher{
			Subscription: &projection.Subscription{Open: true, Master: "http://m:5050", OpenedAt: now().Add(-time.Hour)},
		}},
		Mesos: &doctor.Mesos{
			Master: "http://m:5050", Version: "1.11.0", Active: 5,
			Flags: map[string]string{"registry": "replicated_log", "authenticate_http_frameworks": "true"},
		},
	}
}

func TestJudge(t *testing.T) {
	for name, change := range map[string]func(*doctor.Facts){
		"well": func(*doctor.Facts) {},
		"dev": func(f *doctor.Facts) {
			f.NATS.Name, f.NATS.TLS, f.NATS.Admin = natsauth.BuiltIn, false, true
			for i := range f.NATS.Streams {
				f.NATS.Streams[i].Replicas, f.NATS.Streams[i].Current, f.NATS.Streams[i].MaxBytes = 1, 1, 0
			}
			f.Mesos.Flags = map[string]string{"registry": "in_memory"}
		},
		// As `taurus nats config` calls it: whether it syncs is not known of one of its own.
		"own server": func(f *doctor.Facts) { f.NATS.Name = "taurus" },
		"open":       func(f *doctor.Facts) { f.NATS.Anyone = true },
		"nothing": func(f *doctor.Facts) {
			away := errors.New("nothing at nats://n1:4222: start NATS, or say by --nats where it is")
			*f = doctor.Facts{Now: now(), NATSErr: away, PartsErr: errors.New("NATS was not reached"), ClusterErr: errors.New("no API at http://api:8080")}
		},
		"parts": func(f *doctor.Facts) {
			old := part("planner", "planner-2")
			old.Version = "v1.2.2"
			odd := presence.Seen{Here: true, Report: ready.Report{Role: "launcher", Name: "odd"}, Unreadable: "invalid character"}
			f.Parts = []presence.Seen{
				part("api", "api-1", ready.Check{Name: "parts", Level: ready.Warn, Detail: "no reaper has been seen for 40s: start taurus-reaper"}),
				part("launcher", "launcher-1", ready.Check{Name: ready.CheckMesos, Level: ready.Fail, Detail: "no subscription to Mesos: refused"}),
				odd, part("planner", "planner-1"), old,
			}
			f.NATS.Streams[0].Last = 20_000
		},
		"streams": func(f *doctor.Facts) {
			f.NATS.Unfit = errors.New("server nats://n1:4222 will not do: its max_payload is 8, the log needs 1048576: raise it in its configuration")
			f.NATS.Streams[0].Bytes, f.NATS.Streams[0].Current = 950, 2
			f.NATS.Streams[1].Err = errors.New("stream TAURUS_WHY does not fit: discard is new, wanted old: change it with `nats stream edit`")
			f.NATS.Skew = -5 * time.Second
		},
		"nothing stored": func(f *doctor.Facts) {
			for i := range f.Parts {
				f.Parts[i].Here, f.Parts[i].Last = false, now().Add(-90*time.Second)
			}
		},
		"no audit": func(f *doctor.Facts) {
			f.NATS.Streams[2].Err = &jetstream.NoStreamError{Stream: "TAURUS_AUDIT", Server: "nats://n1:4222"}
		},
		"nearly full": func(f *doctor.Facts) { f.NATS.Streams[0].Bytes = 850 },
		"mesos": func(f *doctor.Facts) {
			f.Cluster.Skipped, f.Cluster.Rejected = 3, 2
			f.Cluster.Rejections = []projection.Rejection{
				{Sequence: 5, Subject: "taurus.ev.1.job.web", Reason: "odd"}, {Sequence: 9, Subject: "taurus.ev.1.job.web", Reason: "not the partition"},
			}
			f.Parts[0] = part("api", "api-1", ready.Check{Name: ready.CheckRecords, Level: ready.Warn, Detail: "2 records of the log are rejected"})
			f.Mesos.Flags, f.Mesos.Active, f.Mesos.Inactive = nil, 4, 1
		},
		"warned": func(f *doctor.Facts) {
			f.Parts[0] = part("api", "api-1", ready.Check{Name: "parts", Level: ready.Warn, Detail: "no reaper has been seen for 40s: start taurus-reaper"})
			f.NATS.Skew, f.NATS.SkewWithin = 5*time.Second, 4*time.Second // It may be a second.
			f.Mesos.Flags["authenticate_http_frameworks"] = "false"
		},
		"no agents":     func(f *doctor.Facts) { f.Mesos.Active = 0 },
		"silent master": func(f *doctor.Facts) { f.Mesos = &doctor.Mesos{Master: "http://m:5050", Err: errors.New("refused")} },
		"lost": func(f *doctor.Facts) {
			f.Cluster.Launcher.Subscription.Open, f.Cluster.Launcher.Subscription.Reason = false, "disconnected"
		},
		"never launching": func(f *doctor.Facts) { f.Cluster.Launcher.Subscription = nil },
	} {
		t.Run(name, func(t *testing.T) {
			f := well()
			change(&f)
			r := doctor.Judge(f)
			got := r.Text()
			file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestAskMaster: a master is asked as a stranger or with a secret, and nowhere else.
func TestAskMaster(t *testing.T) {
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed to somewhere else") }))
	defer evil.Close()
	status, answers := http.StatusOK, map[string]string{
		"/version": `{"version":"1.11.0"}`, "/flags": `{"flags":{"registry":"in_memory"}}`,
		"/slaves": `{"slaves":[{"active":true},{"active":false},{"active":true}]}`,
	}
	master := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("shows credentials")
		}
		if status == http.StatusTemporaryRedirect {
			http.Redirect(w, r, evil.URL, status)
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answers[r.URL.Path]))
	}))
	defer master.Close()
	m := doctor.AskMaster(t.Context(), master.URL, "", "")
	if m.Err != nil || m.Version != "1.11.0" || m.Flags["registry"] != "in_memory" || m.Active != 2 || m.Inactive != 1 {
		t.Errorf("%+v", m)
	}
	asked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, secret, _ := r.BasicAuth(); r.URL.Path != "/version" && (name != "taurus" || secret != "s") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(answers[r.URL.Path]))
	}))
	defer asked.Close()
	if m := doctor.AskMaster(t.Context(), asked.URL, "taurus", "s"); m.Err != nil || m.Active != 2 {
		t.Errorf("with the secret: %+v", m)
	}
	for _, principal := range []string{"", "other"} {
		if m := doctor.AskMaster(t.Context(), asked.URL, principal, "s"); m.Err == nil || !strings.Contains(m.Err.Error(), "--secret-file") {
			t.Errorf("as %q: %+v", principal, m)
		}
	}
	for _, status = range []int{http.StatusTemporaryRedirect, http.StatusUnauthorized, http.StatusInternalServerError} {
		if m := doctor.AskMaster(t.Context(), master.URL, "", ""); m.Err == nil {
			t.Errorf("%d: %+v", status, m)
		}
	}
	answers["/version"], status = "{", http.StatusOK
	if m := doctor.AskMaster(t.Context(), master.URL, "", ""); m.Err == nil {
		t.Errorf("nonsense: %+v", m)
	}
	answers["/version"] = `{"version":"` + strings.Repeat("1", 9<<20) + `"}`
	if m := doctor.AskMaster(t.Context(), master.URL, "", ""); m.Err == nil || m.Version != "" {
		t.Errorf("an answer without end: %v", m.Err)
	}
}
