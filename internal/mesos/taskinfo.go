package mesos

import (
	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

func taskInfo(l *Launch, p *pool) (*mesos.TaskInfo, error) {
	resources, err := p.take(l.Resources, l.HostPorts)
	if err != nil {
		return nil, err
	}
	return &mesos.TaskInfo{Name: l.Name, Resources: resources}, nil
}
