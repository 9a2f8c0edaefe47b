package master

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/election"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
)

// What a master says to whom depends on its place in the election: checks 3 to 5
// of 1.1 come before the method is looked at, and after the credentials.
func TestStandby(t *testing.T) {
	other := election.NewMaster("other", "10.0.0.1", "other.example", 5051, "1.12.0")
	const (
		located   = "//other.example:5051"
		nobody    = "No leader elected"
		recovery  = "Master has not finished recovery"
		scheduler = "/api/v1/scheduler"
	)
	for _, tt := range []struct {
		name, method, path string
		standing           standing
		status             int
		location, body     string
	}{
		{"a leader is known", http.MethodPost, scheduler, standing{leader: &other}, 307, located + "/master/api/v1/scheduler", ""},
		{"whatever the method", http.MethodGet, scheduler, standing{leader: &other}, 307, located + "/master/api/v1/scheduler", ""},
		{"whatever the prefix", http.MethodPost, "/master" + scheduler, standing{leader: &other}, 307, located + "/master/api/v1/scheduler", ""},
		{"whatever follows", http.MethodPost, scheduler + "/x/?y=%2F", standing{leader: &other}, 307, located + "/master/api/v1/scheduler/x/?y=%2F", ""},
		{"operator", http.MethodPost, "/api/v1", standing{leader: &other}, 307, located + "/master/api/v1", ""},
		{"state", http.MethodGet, "/state?jsonp=f", standing{leader: &other}, 307, located + "/master/state?jsonp=f", ""},
		{"teardown", http.MethodPost, "/teardown", standing{leader: &other}, 307, located + "/master/teardown", ""},
		{"redirect", http.MethodGet, "/redirect", standing{leader: &other}, 307, located, ""},
		{"redirect", http.MethodGet, "/master/redirect", standing{leader: &other}, 307, located, ""},
		{"below redirect", http.MethodGet, "/redirect/x", standing{leader: &other}, 404, "", "404 Not Found."},
		{"no leader", http.MethodPost, scheduler, standing{}, 503, "", nobody},
		{"no leader", http.MethodGet, "/slaves", standing{}, 503, "", nobody},
		{"no leader", http.MethodGet, "/redirect", standing{}, 503, "", nobody},
		{"recovering", http.MethodPost, scheduler, standing{leader: &other, elected: time.Unix(1, 0)}, 503, "", recovery},
		{"recovering", http.MethodPost, "/api/v1", standing{leader: &other, elected: time.Unix(1, 0)}, 503, "", recovery},
		{"health", http.MethodGet, "/health", standing{}, 200, "", ""},
	} {
		t.Run(tt.name+" "+tt.method+" "+tt.path, func(t *testing.T) {
			s := newTestServer(t, Options{Election: &election.Address{}})
			s.standing = tt.standing
			w := exchange(t, s, tt.method, tt.path, "", nil)
			if w.Code != tt.status || w.Header().Get("Location") != tt.location || w.Body.String() != tt.body {
				t.Errorf("answered %d, %q, %q", w.Code, w.Header().Get("Location"), w.Body)
			}
		})
	}
}

// Credentials come first, and a standby counts little.
func TestStandbyAsksForCredentials(t *testing.T) {
	s := newTestServer(t, Options{
		Election: &election.Address{}, AuthenticateFrameworks: true, Credentials: map[string]string{"alice": "secret"},
	})
	if w := exchange(t, s, http.MethodGet, "/api/v1/scheduler", "", nil); w.Code != http.StatusUnauthorized {
		t.Errorf("without credentials: %d", w.Code)
	}
	r := exchange(t, s, http.MethodGet, "/metrics/snapshot", "", nil)
	if r.Code != http.StatusOK || !jsonHas(t, r.Body.Bytes(), "master/elected", 0) {
		t.Errorf("metrics: %d %s", r.Code, r.Body)
	}
}

func jsonHas(t *testing.T, text []byte, name string, want float64) bool {
	t.Helper()
	var all map[string]float64
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	got, ok := all[name]
	return ok && got == want
}

// brokenStore is a registry that cannot be written any more.
type brokenStore struct{ err error }

func (b brokenStore) save(core.Registry) error { return b.err }

// A master that cannot store the registry ends, and nobody hears of what it could
// not store: neither the agent that it would admit, nor the operator.
func TestRegistryCannotBeStored(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cause func(t *testing.T, s *Server)
	}{
		{"agent", func(t *testing.T, s *Server) {
			session := s.Attach("127.0.0.1", &link.Register{})
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if list, ok := session.Receive(ctx); ok {
				t.Errorf("the agent heard %+v", list)
			}
		}},
		{"operator", func(t *testing.T, s *Server) {
			defer func() {
				if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // A panic's value.
					t.Errorf("the operator was answered: %v", p)
				}
			}()
			body := `{"type":"DEACTIVATE_AGENT","deactivate_agent":{"agent_id":{"value":"a"}}}`
			t.Errorf("answered %v", exchange(t, s, http.MethodPost, "/api/v1", body, jsonHeader()))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			broken := errors.New("disk full")
			s := newTestServer(t, Options{})
			s.do(func(now time.Time, m *core.Master) {
				var reg link.Register
				reg.Agent.Value.ID = &mesos.AgentID{Value: "a"}
				m.Register(now, "session", "127.0.0.1", &reg)
			})
			s.store = brokenStore{broken}
			tt.cause(t, s)
			if err := s.Run(t.Context()); !errors.Is(err, broken) {
				t.Errorf("the master ended with %v", err)
			}
		})
	}
}

// What a master tells the others of itself has its domain, where it has one.
func TestDescribe(t *testing.T) {
	t.Parallel()
	where := &mesos.DomainInfo{FaultDomain: &mesos.DomainInfo_FaultDomain{
		Region: mesos.DomainInfo_FaultDomain_RegionInfo{Name: "r"}, Zone: mesos.DomainInfo_FaultDomain_ZoneInfo{Name: "z"},
	}}
	for _, domain := range []*mesos.DomainInfo{nil, where} {
		s, err := New(Options{InProcess: true, Ephemeral: true, Domain: domain})
		if err != nil {
			t.Fatal(err)
		}
		got := s.describe().Domain
		if (got != nil) != (domain != nil) || got != nil && (got.FaultDomain.Region.Name != "r" || got.FaultDomain.Zone.Name != "z") {
			t.Errorf("%v became %v", domain, got)
		}
	}
}
