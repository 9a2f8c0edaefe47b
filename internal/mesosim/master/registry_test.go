package master

import (
	"encoding/json"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
)

// FuzzRegistry: whatever lies in the file of the registry, a master refuses to
// start with it, or leads with it, shows it, and stores it so that the next can.
func FuzzRegistry(f *testing.F) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	admitted := core.Admitted{
		Info:  link.AgentInfo{Value: mesos.AgentInfo{ID: &mesos.AgentID{Value: "a"}, Hostname: "h"}},
		Drain: &core.Drain{MaxGrace: time.Second, MarkGone: true, Since: now},
	}
	for _, r := range []core.Registry{
		{},
		{Admitted: map[string]core.Admitted{"a": admitted, "b": {Deactivated: true}}},
		{Unreachable: map[string]time.Time{"a": now}, Gone: map[string]time.Time{"b": now}, Aside: map[string]core.Admitted{"a": admitted}},
		{Down: []mesos.MachineID{{}}, Schedule: []core.Window{{Machines: []mesos.MachineID{{}}}}},
	} {
		text, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{"", "null", "[]", `{"admitted":{"a":null}}`, `{"admitted":{"a":{"info":"AA=="}}}`, `{"gone":{"a":""}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		files := disk.NewMemory()
		if err := files.Replace(registryFile, text); err != nil {
			t.Fatal(err)
		}
		opts := Options{InProcess: true, Files: files, Port: 5050, Seed: 1, Log: zerolog.Nop()}
		s, err := New(opts)
		if err != nil {
			return
		}
		reg := &link.Register{IP: "10.0.0.1"}
		reg.Agent.Value = mesos.AgentInfo{Hostname: "h", ID: &mesos.AgentID{Value: "a"}}
		session := s.Attach("10.0.0.1", reg) // Known, unknown, unreachable or gone.
		s.do(func(now time.Time, m *core.Master) {
			m.Advance(now)
			m.Advance(now.Add(core.DefaultReregisterTimeout))
			m.State()
			m.MarkGone(now, "a")
		})
		session.Close()
		if _, err := New(opts); err != nil {
			t.Errorf("the next master refuses what this one stored: %v", err)
		}
	})
}
