package docker

import (
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/blkiodev"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// Errors of tasks that no container can be made of, in Mesos' words.
const (
	errPortNetwork   optionsError = "Port mappings are only supported for bridge and user-defined networks"
	errPortResources optionsError = "Port mappings require port resources"
	errNoNetwork     optionsError = "No network info found in container info"
	errManyNetworks  optionsError = "Only a single network can be defined in Docker run"
	errNetworkName   optionsError = "No network name found in network info"
	errHostname      optionsError = "Unable to set hostname with host network mode"
	errNoCommand     optionsError = "Shell specified but no command value provided"
	errVolumeDrivers optionsError = "Only one volume driver is supported"
	errTaskDrivers   optionsError = "Only one volume driver per task is supported"
)

// optionsError says why no container can be made of a task.
type optionsError string

// Error implements error.
func (e optionsError) Error() string { return string(e) }

const (
	sandboxMount   = "/mnt/mesos/sandbox"
	minMemory      = 32 << 20 // bytes; Mesos' minimum
	minCPUShares   = 2
	sharesPerCPU   = 1024
	quotaPerCPU    = 100_000 // microseconds of the default period of 100 ms
	minQuota       = 1_000
	bytesPerMemory = 1 << 20
	maxOOMScore    = 1000 // of Linux' oom_score_adj
)

// plan is what docker run is called with for a task. total is the host's memory in
// bytes, zero if it is not known; it matters for tasks with a limit of memory only.
func plan(t executor.Task, agentID string, total int64) (client.ContainerCreateOptions, error) {
	info := t.Info.GetContainer()
	p := &planner{
		task:   t,
		docker: info.GetDocker(),
		config: &container.Config{
			Image:        info.GetDocker().GetImage(),
			Labels:       make(map[string]string),
			AttachStdout: true,
			AttachStderr: true,
		},
		host:  asRun(),
		total: total,
	}
	p.host.Privileged = info.GetDocker().GetPrivileged()
	for _, step := range []func() error{
		p.resources, p.environment, p.volumes, p.network, p.hostname, p.ports, p.command, p.parameters,
	} {
		if err := step(); err != nil {
			return client.ContainerCreateOptions{}, err
		}
	}
	maps.Copy(p.config.Labels, map[string]string{
		LabelAgent:     agentID,
		LabelFramework: t.Run.FrameworkID,
		LabelTask:      t.Info.TaskID.Value,
		LabelContainer: t.Run.ContainerID,
	})
	return client.ContainerCreateOptions{
		Name: containerName(t.Run.ContainerID), Config: p.config, HostConfig: p.host,
	}, nil
}

// asRun is what docker run sends whatever it is asked for: docker inspect, which
// tasks' statuses carry, tells empty lists and maps from missing ones.
func asRun() *container.HostConfig {
	return &container.HostConfig{
		// Output is read back from the log, which therefore must be whole.
		LogConfig:     container.LogConfig{Type: "json-file"},
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyDisabled},
		PortBindings:  network.PortMap{},
		DNS:           []netip.Addr{},
		DNSOptions:    []string{},
		DNSSearch:     []string{},
		Resources: container.Resources{
			BlkioWeightDevice: []*blkiodev.WeightDevice{},
			Devices:           []container.DeviceMapping{},
		},
	}
}

// planner fills in a container's configuration.
type planner struct {
	task   executor.Task
	docker *mesos.ContainerInfo_DockerInfo
	config *container.Config
	host   *container.HostConfig
	total  int64 // memory of the host
}

// resources sets shares and memory as far as the task has resources of that kind,
// and a quota where there is a limit.
func (p *planner) resources() error {
	if cpus, ok := p.scalar("cpus"); ok {
		p.host.CPUShares = max(minCPUShares, int64(sharesPerCPU*cpus))
	}
	if limit, ok := p.task.Info.Limits["cpus"]; ok && !math.IsInf(limit.GetValue(), 1) {
		p.host.CPUQuota = max(minQuota, int64(quotaPerCPU*limit.GetValue()))
	}
	request, requested := p.scalar("mem")
	limit, limited := p.task.Info.Limits["mem"]
	switch {
	case limited:
		p.limitMemory(limit.GetValue(), request, requested)
	case requested:
		p.host.Memory = memory(request)
	}
	return nil
}

// limitMemory makes the request a reservation below the limit. The less a
// container reserves of the host's memory, the sooner it is killed for want of it.
func (p *planner) limitMemory(limit, request float64, requested bool) {
	unlimited := math.IsInf(limit, 1)
	if !unlimited {
		p.host.Memory = memory(limit)
	}
	if !requested {
		return
	}
	p.host.MemoryReservation = memory(request)
	if own := wholeMegabytes(request); p.total > 0 && (unlimited || own < wholeMegabytes(limit)) {
		p.host.OomScoreAdj = maxOOMScore - int(maxOOMScore*own/p.total)
	}
}

func memory(megabytes float64) int64 { return max(minMemory, wholeMegabytes(megabytes)) }

// wholeMegabytes is an amount in bytes, less what is not a whole megabyte.
func wholeMegabytes(megabytes float64) int64 { return int64(megabytes) * bytesPerMemory }

// scalar is the sum of a resource; ok is false if the task has none of it.
func (p *planner) scalar(name string) (sum float64, ok bool) {
	for _, r := range p.task.Info.Resources {
		if r.Name == name {
			sum += r.GetScalar().GetValue()
		}
	}
	return sum, sum > 0
}

// environment is a map in Mesos: one value for a name, in the order of names. What
// every task has wins over what the command asks for.
func (p *planner) environment() error {
	env := map[string]string{}
	for _, v := range variables(p.task.Info.Command) {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	env["MESOS_SANDBOX"] = sandboxMount
	env["MESOS_CONTAINER_NAME"] = containerName(p.task.Run.ContainerID)
	env["MESOS_ALLOCATION_ROLE"] = p.task.Role
	for _, name := range slices.Sorted(maps.Keys(env)) {
		p.config.Env = append(p.config.Env, name+"="+env[name])
	}
	return nil
}

// variables are those of a command; secrets are not passed to containers.
func variables(c *mesos.CommandInfo) []string {
	var env []string
	for _, v := range c.GetEnvironment().GetVariables() {
		if v.GetType() == mesos.Environment_Variable_VALUE {
			env = append(env, v.Name+"="+v.GetValue())
		}
	}
	return env
}

func (p *planner) network() error {
	switch p.docker.GetNetwork() {
	case mesos.ContainerInfo_DockerInfo_HOST:
		p.host.NetworkMode = network.NetworkHost
	case mesos.ContainerInfo_DockerInfo_BRIDGE:
		p.host.NetworkMode = network.NetworkBridge
	case mesos.ContainerInfo_DockerInfo_NONE:
		p.host.NetworkMode = network.NetworkNone
	case mesos.ContainerInfo_DockerInfo_USER:
		infos := p.task.Info.GetContainer().GetNetworkInfos()
		switch {
		case len(infos) == 0:
			return errNoNetwork
		case len(infos) > 1:
			return errManyNetworks
		case infos[0].Name == nil:
			return errNetworkName
		}
		p.host.NetworkMode = container.NetworkMode(infos[0].GetName())
	}
	return nil
}

func (p *planner) hostname() error {
	name := p.task.Info.GetContainer().GetHostname()
	if name == "" {
		return nil
	}
	if p.host.NetworkMode.IsHost() {
		return errHostname
	}
	p.config.Hostname = name
	return nil
}

func (p *planner) ports() error {
	if len(p.docker.PortMappings) == 0 {
		return nil
	}
	if p.host.NetworkMode.IsHost() || p.host.NetworkMode.IsNone() {
		return errPortNetwork
	}
	var offered []mesos.Value_Range
	for _, r := range p.task.Info.Resources {
		if r.Name == "ports" {
			offered = append(offered, r.GetRanges().GetRange()...)
		}
	}
	if len(offered) == 0 {
		return errPortResources
	}
	p.config.ExposedPorts = make(network.PortSet)
	for _, m := range p.docker.PortMappings {
		if err := p.port(m, offered); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) port(m mesos.ContainerInfo_DockerInfo_PortMapping, offered []mesos.Value_Range) error {
	in := false
	for _, r := range offered {
		in = in || r.Begin <= uint64(m.HostPort) && uint64(m.HostPort) <= r.End
	}
	if !in {
		return optionsError(fmt.Sprintf("Port [%d] not included in resources", m.HostPort))
	}
	text := fmt.Sprintf("%d/tcp", m.ContainerPort)
	if m.GetProtocol() != "" {
		text = fmt.Sprintf("%d/%s", m.ContainerPort, strings.ToLower(m.GetProtocol()))
	}
	port, err := network.ParsePort(text)
	if err != nil {
		return fmt.Errorf("container port %s: %w", text, err)
	}
	p.config.ExposedPorts[port] = struct{}{}
	p.host.PortBindings[port] = append(p.host.PortBindings[port],
		network.PortBinding{HostPort: fmt.Sprint(m.HostPort)})
	return nil
}

// command gives the image's entry point its arguments, or /bin/sh in its place.
func (p *planner) command() error {
	c := p.task.Info.Command
	if c == nil {
		return nil
	}
	if c.GetShell() {
		if c.Value == nil {
			return errNoCommand
		}
		p.config.Entrypoint = []string{"/bin/sh"}
		p.config.Cmd = []string{"-c", c.GetValue()}
		return nil
	}
	if c.Value != nil {
		p.config.Cmd = append(p.config.Cmd, c.GetValue())
	}
	p.config.Cmd = append(p.config.Cmd, c.Arguments...)
	return nil
}
