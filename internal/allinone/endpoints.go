package allinone

import (
	"cmp"
	"net"
	"path/filepath"
	"slices"
)

// endpointsFile is for people and programs.
const endpointsFile = "endpoints.json"

// Endpoints say where everything is. The file endpoints.json holds them in the
// data directory while the supervisor is ready.
type Endpoints struct {
	// API are the base URLs of the api services.
	API []string `json:"api"`
	// NATS is the URL that clients connect to.
	NATS string `json:"nats"`
	// Keys is the directory of the keys that NATS takes, a folder for each role.
	Keys string `json:"nats_keys"`
	// MesosMaster is the master's host:port.
	MesosMaster string `json:"mesos_master"`
	// Agents are host:port each.
	Agents []string `json:"agents"`
	// Data is the data directory.
	Data string `json:"data"`
	// PID and Birth are the supervisor's.
	PID       int       `json:"pid"`
	Birth     string    `json:"birth"`
	Processes []Running `json:"processes"`
}

// Running is one process of a supervisor.
type Running struct {
	Role string `json:"role"`
	Name string `json:"name"`
	PID  int    `json:"pid"`
	// Ready reports whether it is; one that has just died or started is not.
	Ready bool `json:"ready"`
	// Address is where it does its work, Admin where it can be watched; host:port.
	// One that only follows the log has nothing but the latter, under both names.
	Address string `json:"address,omitzero"`
	Admin   string `json:"admin_address,omitzero"`
	// Pprof is where it serves profiles, empty where it does not.
	Pprof string `json:"pprof_address,omitzero"`
	// Log is its log file.
	Log string `json:"log"`
}

// ReadEndpoints returns the endpoints in a data directory. They are false where
// no supervisor runs there.
func ReadEndpoints(dir string) (Endpoints, bool) {
	var e Endpoints
	if err := readJSON(filepath.Join(dir, endpointsFile), &e); err != nil {
		return Endpoints{}, false
	}
	if !(entry{PID: e.PID, Birth: e.Birth}).alive() {
		return Endpoints{}, false
	}
	return e, true
}

// reachable is where this machine reaches what listens at an address: one that
// stands for every interface is nowhere to connect to.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return address
	}
	return net.JoinHostPort("127.0.0.1", port)
}

// collect sorts running processes into endpoints, by what their roles are.
func collect(processes []Running) Endpoints {
	e := Endpoints{API: []string{}, Agents: []string{}, Processes: slices.Clone(processes)}
	for _, p := range processes {
		switch p.Role {
		case RoleAPI:
			e.API = append(e.API, "http://"+reachable(p.Address))
		case RoleNATS:
			e.NATS = "nats://" + p.Address
		case RoleMaster:
			e.MesosMaster = p.Address
		case RoleAgent:
			e.Agents = append(e.Agents, p.Address)
		}
	}
	for i := range e.Processes {
		e.Processes[i].Address = cmp.Or(e.Processes[i].Address, e.Processes[i].Admin)
	}
	return e
}
