package agent

import (
	"fmt"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/docker"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/process"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
)

func build(kind Kind, env Env) (executor.Executor, error) {
	switch kind {
	case Docker:
		return docker.New(docker.Options{
			Sink: env.Sink, Log: env.Log, AgentID: env.AgentID, AgentIP: env.AgentIP, StateDir: env.StateDir, Grace: env.Grace,
			TellEnds: env.TellEnds,
		})
	case Process:
		return process.New(process.Options{Sink: env.Sink, Log: env.Log, AgentID: env.AgentID, AgentIP: env.AgentIP, StateDir: env.StateDir})
	case Simulated:
		opts := env.Simulate
		opts.Sink, opts.Log, opts.AgentID, opts.AgentIP = env.Sink, env.Log, env.AgentID, env.AgentIP
		return simulated.New(opts), nil
	case Auto, Mesos:
	}
	return nil, fmt.Errorf("%w executor: must be docker, process, simulated or auto, not %q", ErrOption, kind)
}

// kinds are the executors that an agent of this kind has.
func (k Kind) kinds() []Kind {
	switch k {
	case Auto:
		return []Kind{Docker, Process}
	case Mesos:
		return []Kind{Process}
	case Docker, Process, Simulated:
	}
	return []Kind{k}
}

// pick chooses the executor of a task; none when no containerizer of the agent
// takes it.
func (k Kind) pick(info *mesos.TaskInfo) (Kind, bool) {
	isDocker := info.GetContainer() != nil && info.Container.GetType() == mesos.ContainerInfo_DOCKER
	switch k {
	case Auto:
		if isDocker {
			return Docker, true
		}
		return Process, true
	case Docker:
		return Docker, isDocker
	case Mesos:
		return Process, !isDocker
	case Process:
		return Process, true
	case Simulated:
	}
	return Simulated, true
}
