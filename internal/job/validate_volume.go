package job

import (
	"path"
	"slices"
	"strings"
)

// volumes checks the paths that are bound into the container.
func (c *checker) volumes(at string, container *Container) {
	if !c.atMost(at, len(container.Volumes), c.lim.Volumes) {
		return
	}
	seen := map[string]int{}
	for i, v := range container.Volumes {
		here := index(at, i)
		c.absolute(join(here, "container_path"), v.ContainerPath)
		c.absolute(join(here, "host_path"), v.HostPath)
		c.mode(join(here, "mode"), v, !container.ByMesos())
		c.target(join(here, "container_path"), v.ContainerPath)
		target := path.Clean(v.ContainerPath)
		if first, ok := seen[target]; ok && v.ContainerPath != "" {
			c.fault(join(here, "container_path"), "%s is also bound by %s; bind one volume there",
				quote(v.ContainerPath), index(at, first))
		}
		seen[target] = i
	}
}

// target checks that Docker can bind something there.
func (c *checker) target(at, p string) {
	if p == "" {
		return
	}
	switch path.Clean(p) {
	case "/":
		c.fault(at, "%s is all of the container; bind the volume below it", quote(p))
	case SandboxPath:
		c.fault(at, "%s is where Mesos binds the sandbox; bind the volume elsewhere", quote(p))
	}
}

// absolute checks a path that Docker gets in the form host:container:mode.
func (c *checker) absolute(at, p string) {
	switch {
	case p == "":
		c.fault(at, "is missing; give an absolute path")
	case !strings.HasPrefix(p, "/"):
		c.fault(at, "%s must be absolute; begin it with /", quote(p))
	case strings.Contains(p, ":"):
		c.fault(at, "%s has a colon, which Docker takes for a separator; use a path without", quote(p))
	default:
		c.text(at, p, c.lim.TextBytes)
	}
}

// mode checks that a volume is read-only or is not: a volume of Mesos knows no more, and
// what it does not know it would mount writable. Docker can be told more by an option.
func (c *checker) mode(at string, v Volume, docker bool) {
	switch {
	case v.Mode == "" || v.Mode == VolumeReadOnly || v.Mode == VolumeReadWrite:
	case docker && v.dockerOnly():
		c.fault(at, `%s is for Docker alone, and Mesos passes only "ro" or "rw" on; use one of these, or give the volume as an option of docker run, `+
			`{"key": "volume", "value": %s} in parameters`, quote(v.Mode), quote(v.HostPath+":"+v.ContainerPath+":"+v.Mode))
	default:
		c.fault(at, `%s is not known; use "ro" or "rw"`, quote(v.Mode))
	}
}

// ReadOnly reports whether the mode asks for a mount that cannot be written, be it in other
// words than Validate lets through: older logs hold any.
func (v Volume) ReadOnly() bool {
	return slices.ContainsFunc(v.options(), func(option string) bool {
		switch option {
		case VolumeReadOnly, "read-only", "readonly", "read_only", "r", "rro":
			return true
		}
		return false
	})
}

// dockerOnly reports whether the mode consists of what Docker takes behind a volume, and
// not only of what Mesos has, too.
func (v Volume) dockerOnly() bool {
	others := 0
	for _, option := range v.options() {
		switch option {
		case VolumeReadOnly, VolumeReadWrite:
		case "z", "shared", "rshared", "slave", "rslave", "private", "rprivate", "consistent", "cached", "delegated", "nocopy", "rro":
			others++
		default:
			return false
		}
	}
	return others > 0
}

// options are the parts of the mode.
func (v Volume) options() []string {
	parts := strings.Split(strings.ToLower(v.Mode), ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
