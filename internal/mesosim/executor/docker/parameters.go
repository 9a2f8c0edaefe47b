package docker

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	"github.com/moby/moby/api/types/container"
)

// setter applies the value of a docker run flag.
type setter func(p *planner, value string) error

// parameters applies DockerInfo.parameters, which Mesos appends to docker run as
// --key=value. They come last, and so override what the task says elsewhere.
func (p *planner) parameters() error {
	known := setters()
	for _, param := range p.docker.GetParameters() {
		set, ok := known[param.Key]
		if !ok {
			return optionsError(fmt.Sprintf("Unknown or unsupported docker parameter '%s'", param.Key))
		}
		if err := set(p, param.Value); err != nil {
			return fmt.Errorf("docker parameter '%s' has the invalid value '%s': %w", param.Key, param.Value, err)
		}
	}
	return nil
}

// setters are the flags of docker run that can be said in the Engine API, except
// those that would take the container from its executor (name, rm, restart,
// detach, tty, log-driver and the like).
func setters() map[string]setter {
	m := map[string]setter{
		"label": func(p *planner, v string) error {
			key, value, _ := strings.Cut(v, "=")
			p.config.Labels[key] = value
			return nil
		},
		"env":         list(func(p *planner) *[]string { return &p.config.Env }),
		"volume":      list(func(p *planner) *[]string { return &p.host.Binds }),
		"add-host":    list(func(p *planner) *[]string { return &p.host.ExtraHosts }),
		"cap-add":     list(func(p *planner) *[]string { return &p.host.CapAdd }),
		"cap-drop":    list(func(p *planner) *[]string { return &p.host.CapDrop }),
		"dns-option":  list(func(p *planner) *[]string { return &p.host.DNSOptions }),
		"dns-search":  list(func(p *planner) *[]string { return &p.host.DNSSearch }),
		"group-add":   list(func(p *planner) *[]string { return &p.host.GroupAdd }),
		"security":    list(func(p *planner) *[]string { return &p.host.SecurityOpt }),
		"user":        text(func(p *planner) *string { return &p.config.User }),
		"workdir":     text(func(p *planner) *string { return &p.config.WorkingDir }),
		"hostname":    text(func(p *planner) *string { return &p.config.Hostname }),
		"domainname":  text(func(p *planner) *string { return &p.config.Domainname }),
		"stop-signal": text(func(p *planner) *string { return &p.config.StopSignal }),
		"cpuset-cpus": text(func(p *planner) *string { return &p.host.CpusetCpus }),
		"cpuset-mems": text(func(p *planner) *string { return &p.host.CpusetMems }),
		"runtime":     text(func(p *planner) *string { return &p.host.Runtime }),
		"entrypoint": func(p *planner, v string) error {
			p.config.Entrypoint = []string{v}
			return nil
		},
		"network":            func(p *planner, v string) error { p.host.NetworkMode = container.NetworkMode(v); return nil },
		"ipc":                func(p *planner, v string) error { p.host.IpcMode = container.IpcMode(v); return nil },
		"pid":                func(p *planner, v string) error { p.host.PidMode = container.PidMode(v); return nil },
		"uts":                func(p *planner, v string) error { p.host.UTSMode = container.UTSMode(v); return nil },
		"userns":             func(p *planner, v string) error { p.host.UsernsMode = container.UsernsMode(v); return nil },
		"privileged":         boolean(func(p *planner) *bool { return &p.host.Privileged }),
		"read-only":          boolean(func(p *planner) *bool { return &p.host.ReadonlyRootfs }),
		"init":               boolean(func(p *planner) *bool { p.host.Init = new(bool); return p.host.Init }),
		"memory":             size(func(p *planner) *int64 { return &p.host.Memory }),
		"memory-reservation": size(func(p *planner) *int64 { return &p.host.MemoryReservation }),
		"memory-swap":        size(func(p *planner) *int64 { return &p.host.MemorySwap }),
		"shm-size":           size(func(p *planner) *int64 { return &p.host.ShmSize }),
		"cpu-shares":         number(func(p *planner) *int64 { return &p.host.CPUShares }),
		"cpu-quota":          number(func(p *planner) *int64 { return &p.host.CPUQuota }),
		"cpu-period":         number(func(p *planner) *int64 { return &p.host.CPUPeriod }),
		"pids-limit":         number(func(p *planner) *int64 { p.host.PidsLimit = new(int64); return p.host.PidsLimit }),
		"oom-score-adj":      setOOMScore,
		"ulimit":             setUlimit,
		"sysctl":             table(func(p *planner) *map[string]string { return &p.host.Sysctls }, "="),
		"tmpfs":              table(func(p *planner) *map[string]string { return &p.host.Tmpfs }, ":"),
		"storage-opt":        table(func(p *planner) *map[string]string { return &p.host.StorageOpt }, "="),
		"dns":                setDNS,
		"device":             setDevice,
	}
	for alias, key := range map[string]string{
		"e": "env", "l": "label", "u": "user", "w": "workdir", "h": "hostname", "v": "volume", "m": "memory",
		"net": "network", "c": "cpu-shares", "security-opt": "security",
	} {
		m[alias] = m[key]
	}
	delete(m, "security")
	return m
}

func list(field func(*planner) *[]string) setter {
	return func(p *planner, v string) error {
		f := field(p)
		*f = append(*f, v)
		return nil
	}
}

func text(field func(*planner) *string) setter {
	return func(p *planner, v string) error {
		*field(p) = v
		return nil
	}
}

func table(field func(*planner) *map[string]string, separator string) setter {
	return func(p *planner, v string) error {
		f := field(p)
		if *f == nil {
			*f = make(map[string]string)
		}
		key, value, _ := strings.Cut(v, separator)
		(*f)[key] = value
		return nil
	}
}

func boolean(field func(*planner) *bool) setter {
	return func(p *planner, v string) (err error) {
		*field(p), err = strconv.ParseBool(v)
		return err
	}
}

func number(field func(*planner) *int64) setter {
	return func(p *planner, v string) (err error) {
		*field(p), err = strconv.ParseInt(v, 10, 64)
		return err
	}
}

// size reads bytes, with k, m or g for more; -1 means no limit.
func size(field func(*planner) *int64) setter {
	return func(p *planner, v string) (err error) {
		if v == "-1" {
			*field(p) = -1
			return nil
		}
		*field(p), err = units.RAMInBytes(v)
		return err
	}
}

func setOOMScore(p *planner, v string) (err error) {
	p.host.OomScoreAdj, err = strconv.Atoi(v)
	return err
}

func setUlimit(p *planner, v string) error {
	u, err := units.ParseUlimit(v)
	if err != nil {
		return err
	}
	p.host.Ulimits = append(p.host.Ulimits, u)
	return nil
}

func setDNS(p *planner, v string) error {
	addr, err := netip.ParseAddr(v)
	if err != nil {
		return err
	}
	p.host.DNS = append(p.host.DNS, addr)
	return nil
}

// setDevice reads host[:container[:permissions]].
func setDevice(p *planner, v string) error {
	parts := strings.SplitN(v, ":", 3)
	d := container.DeviceMapping{PathOnHost: parts[0], PathInContainer: parts[0], CgroupPermissions: "rwm"}
	if len(parts) > 1 {
		d.PathInContainer = parts[1]
	}
	if len(parts) > 2 {
		d.CgroupPermissions = parts[2]
	}
	p.host.Devices = append(p.host.Devices, d)
	return nil
}
