package mesos

import (
	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/job"
)

// container is nil for a plain process. An image that Docker does not run needs an agent
// with --image_providers=docker, volumes one with the filesystem/linux isolator, secrets in files one with volume/secret.
func container(l *placedTask) (*mesos.ContainerInfo, error) {
	secrets, err := l.secretVolumes()
	if err != nil {
		return nil, err
	}
	c := l.Group.Container
	var info *mesos.ContainerInfo
	switch {
	case l.docker():
		info = dockerContainer(l, c)
	case l.image() != "":
		info = imageContainer(c)
		if info.Mesos.Image.Docker.Config, err = l.credentials(); err != nil {
			return nil, err
		}
	case c != nil && len(c.Volumes)+len(secrets) > 0:
		kind := mesos.ContainerInfo_MESOS
		info = &mesos.ContainerInfo{Type: &kind, Volumes: volumes(c.Volumes)}
	default:
		return nil, nil //nolint:nilnil // A process has none.
	}
	info.Volumes = append(info.Volumes, secrets...)
	return info, nil
}

// imageContainer is a Docker image that Mesos itself runs.
func imageContainer(c *job.Container) *mesos.ContainerInfo {
	kind, image, cached := mesos.ContainerInfo_MESOS, mesos.Image_DOCKER, !c.ForcePull
	return &mesos.ContainerInfo{
		Type:    &kind,
		Volumes: volumes(c.Volumes),
		Mesos: &mesos.ContainerInfo_MesosInfo{
			Image: &mesos.Image{Type: &image, Docker: &mesos.Image_Docker{Name: c.Image}, Cached: &cached},
		},
	}
}

func dockerContainer(l *placedTask, c *job.Container) *mesos.ContainerInfo {
	kind := mesos.ContainerInfo_DOCKER
	info := &mesos.ContainerInfo{
		Type:    &kind,
		Volumes: volumes(c.Volumes),
		Docker: &mesos.ContainerInfo_DockerInfo{
			Image:          c.Image,
			PortMappings:   portMappings(l),
			Privileged:     &c.Privileged,
			ForcePullImage: &c.ForcePull,
			Parameters:     parameters(l, c.Parameters),
		},
	}
	network := network(c)
	info.Docker.Network = &network
	if network == mesos.ContainerInfo_DockerInfo_USER {
		info.NetworkInfos = []mesos.NetworkInfo{{Name: &c.Network}}
	}
	return info
}

func network(c *job.Container) mesos.ContainerInfo_DockerInfo_Network {
	switch c.Network {
	case job.NetworkBridge:
		return mesos.ContainerInfo_DockerInfo_BRIDGE
	case job.NetworkHost:
		return mesos.ContainerInfo_DockerInfo_HOST
	case job.NetworkNone:
		return mesos.ContainerInfo_DockerInfo_NONE
	}
	return mesos.ContainerInfo_DockerInfo_USER
}

// mapped reports whether the container's ports are others than the host's.
func (l *placedTask) mapped() bool {
	if !l.docker() {
		return false
	}
	switch network(l.Group.Container) {
	case mesos.ContainerInfo_DockerInfo_BRIDGE, mesos.ContainerInfo_DockerInfo_USER:
		return true
	case mesos.ContainerInfo_DockerInfo_HOST, mesos.ContainerInfo_DockerInfo_NONE:
	}
	return false
}

// inside is the port in the container that belongs to the i-th of the group.
func (l *placedTask) inside(i int) uint32 {
	if port := l.Group.Ports[i].Container; port != 0 && l.mapped() {
		return port
	}
	return l.HostPorts[i]
}

func portMappings(l *placedTask) []mesos.ContainerInfo_DockerInfo_PortMapping {
	if !l.mapped() {
		return nil
	}
	var wire []mesos.ContainerInfo_DockerInfo_PortMapping
	for i, port := range l.HostPorts {
		for _, protocol := range l.Group.Ports[i].Protocols() {
			wire = append(wire, mesos.ContainerInfo_DockerInfo_PortMapping{
				HostPort:      port,
				ContainerPort: l.inside(i),
				Protocol:      &protocol,
			})
		}
	}
	return wire
}

// parameters are the user's options of docker run, and labels by which the
// container is found: Mesos passes its own labels on to nobody.
func parameters(l *placedTask, user []job.Parameter) []mesos.Parameter {
	var wire []mesos.Parameter
	for _, p := range user {
		wire = append(wire, mesos.Parameter{Key: p.Key, Value: p.Value})
	}
	if signal := l.Group.KillSignal; signal != "" {
		wire = append(wire, mesos.Parameter{Key: "stop-signal", Value: signal})
	}
	return append(wire,
		mesos.Parameter{Key: "label", Value: labelTask + "=" + l.TaskID},
		mesos.Parameter{Key: "label", Value: labelJob + "=" + l.Job},
	)
}

func volumes(group []job.Volume) []mesos.Volume {
	var wire []mesos.Volume
	for _, v := range group {
		mode := mesos.RW
		if v.ReadOnly() {
			mode = mesos.RO
		}
		wire = append(wire, mesos.Volume{Mode: &mode, ContainerPath: v.ContainerPath, HostPath: &v.HostPath})
	}
	return wire
}
