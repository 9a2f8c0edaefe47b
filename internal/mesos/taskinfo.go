package mesos

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/job"
)

// Labels that taurus puts on its tasks, so that nothing ever has to read a task id.
const (
	labelPrefix  = "taurus."
	labelJob     = labelPrefix + "job"
	labelRun     = labelPrefix + "run"
	labelGroup   = labelPrefix + "group"
	labelSlot    = labelPrefix + "slot"
	labelAttempt = labelPrefix + "attempt"
	labelVersion = labelPrefix + "version"
	labelIndex   = labelPrefix + "index"
	labelTask    = labelPrefix + "task"
)

// taskInfo puts a launch in Mesos' terms, its resources cut out of the pool. It
// never sets TaskInfo.check, which makes Mesos' Docker executor abort.
func taskInfo(l *placedTask, p *pool) (*mesos.TaskInfo, error) {
	if err := l.validate(p); err != nil {
		return nil, err
	}
	resources, err := p.take(l.Resources, l.HostPorts)
	if err != nil {
		return nil, err
	}
	health, err := healthCheck(l)
	if err != nil {
		return nil, err
	}
	command, err := command(l)
	if err != nil {
		return nil, err
	}
	container, err := container(l)
	if err != nil {
		return nil, err
	}
	return &mesos.TaskInfo{
		Name:        l.Name,
		TaskID:      mesos.TaskID{Value: l.TaskID},
		AgentID:     mesos.AgentID{Value: l.AgentID},
		Resources:   resources,
		Command:     command,
		Container:   container,
		Limits:      limits(l.Group),
		HealthCheck: health,
		KillPolicy:  groupKillPolicy(l.Group),
		Data:        []byte(l.Job),
		Labels:      labels(l),
		Discovery:   discovery(l),
	}, nil
}

// validate refuses what would only fail at the agent, or be another task than meant.
func (l *placedTask) validate(p *pool) error {
	switch {
	case l.Group == nil:
		return fmt.Errorf("%w: group: missing", ErrLaunchInvalid)
	case l.TaskID == "":
		return fmt.Errorf("%w: task id: missing", ErrLaunchInvalid)
	case l.AgentID != p.agentID:
		return fmt.Errorf("%w: agent %s, but the offers are of %s", ErrLaunchInvalid, l.AgentID, p.agentID)
	case l.Role != p.role:
		return fmt.Errorf("%w: role %q, but the offers are for %q", ErrLaunchInvalid, l.Role, p.role)
	case l.image() == "" && !l.hasCommand():
		return fmt.Errorf("%w: container: neither an image nor a command", ErrLaunchInvalid)
	case len(l.HostPorts) != len(l.Group.Ports):
		return fmt.Errorf("%w: %d host ports for %d ports of the group", ErrLaunchInvalid, len(l.HostPorts), len(l.Group.Ports))
	}
	return nil
}

// docker reports whether Docker runs the task.
func (l *placedTask) docker() bool { return l.image() != "" && !l.Group.Container.ByMesos() }

// image is that of the task's container, empty if it has none.
func (l *placedTask) image() string {
	if l.Group.Container == nil {
		return ""
	}
	return l.Group.Container.Image
}

func (l *placedTask) hasCommand() bool {
	c := l.Group.Container
	return c != nil && (c.Command.Shell != "" || len(c.Command.Args) > 0)
}

// limits are what the task may use above what is set aside for it. Mesos knows them from
// 1.11 on; a master before that passes over them.
func limits(g *job.Group) map[string]mesos.Value_Scalar {
	r := g.Resources
	if !r.Limited() {
		return nil
	}
	wire := map[string]mesos.Value_Scalar{}
	if r.CPULimit != 0 {
		wire[resourceCPUs] = mesos.Value_Scalar{Value: r.CPULimit}
	}
	if r.MemoryLimit != 0 {
		wire[resourceMem] = mesos.Value_Scalar{Value: r.MemoryLimit}
	}
	return wire
}

func groupKillPolicy(g *job.Group) *mesos.KillPolicy {
	if g.Grace() <= 0 {
		return nil
	}
	return killPolicy(g.Grace())
}

// command is what runs. For Docker, value is the first argument after the
// image and arguments are the rest; a plain process takes value as the path
// and arguments as the whole of argv.
func command(l *placedTask) (*mesos.CommandInfo, error) {
	environment, err := environment(l)
	if err != nil {
		return nil, err
	}
	info := &mesos.CommandInfo{URIs: append(l.archive(), uris(l.Group.URIs)...), Environment: environment}
	var cmd job.Command
	if l.Group.Container != nil {
		cmd = l.Group.Container.Command
	}
	shell := cmd.Shell != ""
	info.Shell = &shell
	switch {
	case shell:
		line := shellLine(l.Group)
		info.Value = &line
	case len(cmd.Args) == 0:
	case l.docker():
		info.Value, info.Arguments = &cmd.Args[0], cmd.Args[1:]
	default:
		info.Value, info.Arguments = &cmd.Args[0], cmd.Args
	}
	return info, nil
}

func uris(group []job.URI) []mesos.CommandInfo_URI {
	var wire []mesos.CommandInfo_URI
	for _, u := range group {
		extract := u.Extract == nil || *u.Extract
		wire = append(wire, mesos.CommandInfo_URI{
			Value:      u.Value,
			Executable: &u.Executable,
			Extract:    &extract,
			Cache:      &u.Cache,
			OutputFile: optional(u.OutputFile),
		})
	}
	return wire
}

// environment is what Mesos' Docker containerizer leaves to the framework: where the
// task is reached, unless the user sets it otherwise, and what it is, which is ours to say.
func environment(l *placedTask) (*mesos.Environment, error) {
	env, secrets := reached(l), map[string]job.Variable{}
	for name, v := range l.Group.Env {
		switch {
		case job.OwnVariable(name) != "":
		case v.Secret != "":
			env[name], secrets[name] = "", v
		default:
			env[name] = v.Value
		}
	}
	maps.Copy(env, map[string]string{
		job.VarTaskID:  l.TaskID,
		job.VarJob:     l.Job,
		job.VarGroup:   l.Group.Name,
		job.VarSlot:    number(l.Slot),
		job.VarIndex:   number(l.Index),
		job.VarVersion: number(l.Version),
		job.VarAttempt: number(l.Attempt),
	})
	wire := &mesos.Environment{}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		value := env[name]
		variable := mesos.Environment_Variable{Name: name, Value: &value}
		if v, ok := secrets[name]; ok {
			var err error
			if variable, err = l.secretVariable(name, v); err != nil {
				return nil, err
			}
		}
		wire.Variables = append(wire.Variables, variable)
	}
	return wire, nil
}

// reached are the variables that tell the host and its ports.
func reached(l *placedTask) map[string]string {
	env := map[string]string{job.VarHost: l.Hostname}
	all := make([]string, len(l.HostPorts))
	for i, port := range l.HostPorts {
		all[i] = number(port)
		env[job.PortNumberVariable(i)] = all[i]
		if name := l.Group.Ports[i].Name; name != "" {
			env[job.PortVariable(name)] = all[i]
		}
	}
	if len(all) > 0 {
		env[job.VarPort], env[job.VarPorts] = all[0], strings.Join(all, ",")
	}
	return env
}

func number[N uint32 | uint64](n N) string { return strconv.FormatUint(uint64(n), 10) }

// labels are taurus' own, then the user's; the prefix is reserved.
func labels(l *placedTask) *mesos.Labels {
	wire := &mesos.Labels{}
	add := func(key, value string) {
		wire.Labels = append(wire.Labels, mesos.Label{Key: key, Value: &value})
	}
	add(labelJob, l.Job)
	add(labelRun, number(l.Run))
	add(labelGroup, l.Group.Name)
	add(labelSlot, number(l.Slot))
	add(labelAttempt, number(l.Attempt))
	add(labelVersion, number(l.Version))
	add(labelIndex, number(l.Index))
	for _, key := range slices.Sorted(maps.Keys(l.Group.Labels)) {
		if !strings.HasPrefix(key, labelPrefix) {
			add(key, l.Group.Labels[key])
		}
	}
	return wire
}

// discovery tells service discovery the ports of the host.
func discovery(l *placedTask) *mesos.DiscoveryInfo {
	if len(l.HostPorts) == 0 {
		return nil
	}
	var ports []mesos.Port
	for i, port := range l.HostPorts {
		p := l.Group.Ports[i]
		for _, protocol := range p.Protocols() {
			ports = append(ports, mesos.Port{Number: port, Name: optional(p.Name), Protocol: &protocol})
		}
	}
	return &mesos.DiscoveryInfo{
		Visibility:  mesos.FRAMEWORK,
		Name:        optional(l.Name),
		Environment: optional(l.Group.Environment),
		Ports:       &mesos.Ports{Ports: ports},
	}
}
