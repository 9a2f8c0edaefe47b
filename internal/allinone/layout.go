package allinone

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
)

// Layout says which processes a taurus on one machine is made of.
type Layout struct {
	// Data is the data directory.
	Data string
	// Listen is the first api's address; the others take any port. Insecure lets that be one
	// that other machines reach.
	Listen   string
	Insecure bool
	// Policy is the file of what jobs may ask for, an absolute path; empty for the default.
	Policy string
	// Anonymous is what those may do who show no credential, as the api has it.
	Anonymous string
	// HostNames are names that the apis answer to besides localhost, separated by commas.
	HostNames string
	// Agents and the counts of services are how many of each there are.
	Agents, APIs, Planners, Launchers, Reapers int
	// Pprof has every process serve profiles, at a port of its own.
	Pprof bool
	// Executor is how the agents run tasks: auto, docker, process or simulated.
	Executor string
}

// The limits of a layout: what one machine can do, and the ports there are.
const (
	MaxAgents   = 64
	MaxServices = 16
)

const (
	// firstPort and lastPort bound what tasks may use; above begin the ports that
	// Linux gives to outgoing connections.
	firstPort, lastPort = 31000, 32767
	// agentResources are those of every agent, its ports aside.
	agentResources = "cpus:4;mem:4096;disk:10240"
	// stateDir is where each service has a directory that says how far it has read the
	// log.
	stateDir = "state"
	// leaseTTL is shorter than in production, where NATS may take seconds to
	// elect a leader: one server has none to elect, and a launcher that was killed
	// is to be back at once.
	leaseTTL = "3s"
)

// Stages are the programs to start, a stage after the other: each needs the
// addresses of those before it.
func (l Layout) Stages() [][]Program {
	stages := l.stages()
	if !l.Pprof {
		return stages
	}
	for _, stage := range stages {
		for i := range stage {
			args := stage[i].Args
			stage[i].Args = func(s Seats) []string { return append(args(s), "--pprof", AnyPort) }
		}
	}
	return stages
}

func (l Layout) stages() [][]Program {
	stages := [][]Program{{l.nats()}, {l.master()}, {}, {}}
	for i := range l.Agents {
		stages[2] = append(stages[2], l.agent(i))
	}
	for _, s := range []struct {
		role  string
		count int
		flags func(Seats) []string
	}{
		{RolePlanner, l.Planners, nil},
		{RoleLauncher, l.Launchers, func(s Seats) []string {
			return append(l.frameworkArgs(s), "--lease-ttl", leaseTTL)
		}},
		{RoleReaper, l.Reapers, l.frameworkArgs},
		{RoleAPI, l.APIs, func(s Seats) []string {
			args := []string{"--listen", s.Listen}
			if l.Anonymous != "" {
				args = append(args, "--anonymous", l.Anonymous)
			}
			if l.Insecure {
				args = append(args, "--insecure-listen")
			}
			if l.Policy != "" {
				args = append(args, "--policy", l.Policy)
			}
			if l.HostNames != "" {
				args = append(args, "--host-names", l.HostNames)
			}
			return append(args, l.readerArgs()...)
		}},
	} {
		for i := range s.count {
			stages[3] = append(stages[3], l.service(s.role, i, s.flags))
		}
	}
	return stages
}

// Keys is where the keys of a data directory are: each part is given its role's own.
func Keys(data string) string { return filepath.Join(data, keysDir) }

// States are the state directories of the services in a data directory.
func States(data string) []string {
	entries, err := os.ReadDir(filepath.Join(data, stateDir))
	if err != nil {
		return nil // No service was ever started there.
	}
	var dirs []string
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, filepath.Join(data, stateDir, e.Name()))
		}
	}
	return dirs
}

// serve is the beginning of every command line.
func serve(role, name string, s Seats) []string {
	return []string{"serve", role, "--name", name, "--admin-listen", s.Admin, "--announce", s.Announce}
}

func (l Layout) nats() Program {
	return Program{Role: RoleNATS, Name: RoleNATS, Listen: AnyPort, Args: func(s Seats) []string {
		return append(serve(RoleNATS, RoleNATS, s), "--listen", s.Listen, "--store-dir", filepath.Join(l.Data, storeDir),
			"--keys", filepath.Join(Keys(l.Data), natskeys.ServerDir))
	}}
}

func (l Layout) master() Program {
	return Program{Role: RoleMaster, Name: RoleMaster, Listen: AnyPort, Args: func(s Seats) []string {
		args := append(serve(RoleMaster, RoleMaster, s), "--listen", s.Listen, "--work-dir", filepath.Join(l.Data, RoleMaster))
		return append(args, l.mesosArgs()...)
	}}
}

func (l Layout) agent(i int) Program {
	name := fmt.Sprintf("%s-%d", RoleAgent, i+1)
	width := (lastPort - firstPort + 1) / l.Agents
	low := firstPort + i*width
	return Program{Role: RoleAgent, Name: name, Listen: AnyPort, Args: func(s Seats) []string {
		return append(append(serve(RoleAgent, name, s),
			"--listen", s.Listen, "--master", s.Peer(RoleMaster),
			"--work-dir", filepath.Join(l.Data, name), "--executor", l.Executor,
			"--resources", fmt.Sprintf("%s;ports:[%d-%d]", agentResources, low, low+width-1),
			"--attributes", fmt.Sprintf("agent:%d", i+1)), l.mesosArgs()...)
	}}
}

func (l Layout) service(role string, i int, flags func(Seats) []string) Program {
	name := fmt.Sprintf("%s-%d", role, i+1)
	p := Program{Role: role, Name: name}
	if role == RoleAPI {
		p.Listen = AnyPort
		if i == 0 {
			p.Listen = l.Listen
		}
	}
	p.Args = func(s Seats) []string {
		args := append(serve(role, name, s), "--nats", "nats://"+s.Peer(RoleNATS), "--state-dir", filepath.Join(l.Data, stateDir, name),
			"--nats-nkey", natskeys.Seed(Keys(l.Data), natsauth.Role(role)))
		if flags != nil {
			args = append(args, flags(s)...)
		}
		return args
	}
	return p
}
