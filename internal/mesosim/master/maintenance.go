package master

import (
	"net/http"
	"time"

	"github.com/gogo/protobuf/proto"
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/maintenance"

	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// maintenanceSchedule is /maintenance/schedule: GET shows it, POST replaces it.
func (s *Server) maintenanceSchedule(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		var out maintenance.Schedule
		s.do(func(_ time.Time, m *core.Master) { out = m.Maintenance() })
		s.writeMessage(w, r, &out)
		return
	}
	if !only(w, r, http.MethodGet, http.MethodPost) {
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		text(w, http.StatusBadRequest, err.Error())
		return
	}
	var in maintenance.Schedule
	if err := s.codec.Decode(wire.MediaJSON, body, &in); err != nil {
		text(w, http.StatusBadRequest, err.Error())
		return
	}
	s.attempt(w, func(_ time.Time, m *core.Master) string { return m.UpdateMaintenance(in) })
}

func (s *Server) maintenanceStatus(w http.ResponseWriter, r *http.Request) {
	if !only(w, r, http.MethodGet) {
		return
	}
	var out maintenance.ClusterStatus
	s.do(func(_ time.Time, m *core.Master) { out = m.MaintenanceStatus() })
	s.writeMessage(w, r, &out)
}

// attempt answers with what fn objects, or with 200.
func (s *Server) attempt(w http.ResponseWriter, fn func(now time.Time, m *core.Master) string) {
	var why string
	s.do(func(now time.Time, m *core.Master) { why = fn(now, m) })
	if why != "" {
		text(w, http.StatusBadRequest, why)
	}
}

func (s *Server) writeMessage(w http.ResponseWriter, r *http.Request, msg proto.Message) {
	body, err := s.codec.Encode(wire.MediaJSON, msg)
	if err != nil {
		text(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeScript(w, r, body)
}

func (s *Server) machineDown(w http.ResponseWriter, r *http.Request) {
	s.machines(w, r, func(now time.Time, m *core.Master, ids []mesos.MachineID) string { return m.StartMaintenance(now, ids) })
}

func (s *Server) machineUp(w http.ResponseWriter, r *http.Request) {
	s.machines(w, r, func(_ time.Time, m *core.Master, ids []mesos.MachineID) string { return m.StopMaintenance(ids) })
}

// machines reads a list of machines and answers with what fn objects.
func (s *Server) machines(w http.ResponseWriter, r *http.Request, fn func(time.Time, *core.Master, []mesos.MachineID) string) {
	if !only(w, r, http.MethodPost) {
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		text(w, http.StatusBadRequest, err.Error())
		return
	}
	list, err := wire.Elements(body)
	if err != nil {
		text(w, http.StatusBadRequest, err.Error())
		return
	}
	ids := make([]mesos.MachineID, len(list))
	for i, raw := range list {
		if err := s.codec.Decode(wire.MediaJSON, raw, &ids[i]); err != nil {
			text(w, http.StatusBadRequest, err.Error())
			return
		}
	}
	s.attempt(w, func(now time.Time, m *core.Master) string { return fn(now, m, ids) })
}
