package docker

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/moby/moby/api/types/mount"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// volumes adds the task's volumes to that of the sandbox.
func (p *planner) volumes() error {
	p.host.VolumeDriver = p.docker.GetVolumeDriver()
	for _, v := range p.task.Info.GetContainer().GetVolumes() {
		if err := p.volume(v); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) volume(v mesos.Volume) error {
	mode := "rw"
	if v.GetMode() == mesos.RO {
		mode = "ro"
	}
	target := v.ContainerPath
	if !path.IsAbs(target) {
		target = path.Join(sandboxMount, target)
	}
	source, err := p.source(v)
	if err != nil {
		return err
	}
	switch {
	case source == "":
	case filepath.IsAbs(source) && filepath.IsAbs(v.GetHostPath()), !filepath.IsAbs(source):
		p.host.Binds = append(p.host.Binds, fmt.Sprintf("%s:%s:%s", source, target, mode))
	default: // In the sandbox, whose path may hold colons.
		if err := os.MkdirAll(source, 0o750); err != nil {
			return err
		}
		p.host.Mounts = append(p.host.Mounts, mount.Mount{
			Type: mount.TypeBind, Source: source, Target: target, ReadOnly: mode == "ro",
		})
	}
	return nil
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
