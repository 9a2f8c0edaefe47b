package docker

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/moby/api/types/mount"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// volumes binds the task's volumes, and then the sandbox.
func (p *planner) volumes() error {
	for _, v := range p.task.Info.GetContainer().GetVolumes() {
		if err := p.volume(v); err != nil {
			return err
		}
	}
	if own := p.docker.GetVolumeDriver(); own != "" {
		if p.host.VolumeDriver != "" && p.host.VolumeDriver != own {
			return errTaskDrivers
		}
		p.host.VolumeDriver = own
	}
	p.bind(p.task.Run.Sandbox, sandboxMount, "")
	return nil
}

// bind is docker run -v. What it separates by colons cannot hold one, but task
// ids, of which the paths of sandboxes are made, may: such a path is mounted.
func (p *planner) bind(source, target, mode string) {
	if strings.Contains(source, ":") {
		p.host.Mounts = append(p.host.Mounts, mount.Mount{
			Type: mount.TypeBind, Source: source, Target: target, ReadOnly: mode == readOnly,
		})
		return
	}
	spec := source + ":" + target
	if mode != "" {
		spec += ":" + mode
	}
	p.host.Binds = append(p.host.Binds, spec)
}

// The modes of volumes.
const (
	readOnly  = "ro"
	readWrite = "rw"
)

func (p *planner) volume(v mesos.Volume) error {
	mode := readWrite
	if v.GetMode() == mesos.RO {
		mode = readOnly
	}
	target := v.ContainerPath
	if !path.IsAbs(target) {
		target = path.Join(sandboxMount, target)
	}
	source, err := p.source(v)
	if err != nil {
		return err
	}
	if source == "" {
		return nil
	}
	if v.HostPath != nil && filepath.IsAbs(source) && !filepath.IsAbs(v.GetHostPath()) { // In the sandbox.
		if err := folderUnlessThere(source); err != nil {
			return err
		}
	}
	p.bind(source, target, mode)
	return nil
}

// folderUnlessThere makes a folder to be mounted, as dockerd does where there is nothing: what was fetched may be a file.
func folderUnlessThere(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return os.MkdirAll(path, 0o750)
}

// source is a path of the host or the name of a volume; empty for kinds of
// source that the docker containerizer ignores.
func (p *planner) source(v mesos.Volume) (string, error) {
	if v.HostPath != nil {
		host := v.GetHostPath()
		if filepath.IsAbs(host) || p.docker.GetVolumeDriver() != "" {
			return host, nil
		}
		if !path.IsAbs(v.ContainerPath) {
			return "", optionsError(fmt.Sprintf("Both host_path '%s' and container_path '%s' of a volume are relative", host, v.ContainerPath))
		}
		if !filepath.IsLocal(host) {
			return "", optionsError(fmt.Sprintf("host_path '%s' of a volume leads out of the sandbox: make it absolute", host))
		}
		return filepath.Join(p.task.Run.Sandbox, host), nil
	}
	if v.GetSource().GetType() != mesos.Volume_Source_DOCKER_VOLUME {
		return "", nil
	}
	volume := v.GetSource().GetDockerVolume()
	if driver := volume.GetDriver(); driver != "" {
		if p.host.VolumeDriver != "" && p.host.VolumeDriver != driver {
			return "", errVolumeDrivers
		}
		p.host.VolumeDriver = driver
	}
	return volume.GetName(), nil
}
