package api

import (
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// The states of a job in the original's numbers.
const (
	legacyPending = 1
	legacyRunning = 2
	legacyStopped = 3
	legacyUnknown = 4
)

// legacyJob is a job as the original showed it: every field there, null where
// nothing was given.
type legacyJob struct {
	ID    string       `json:"id"`
	Tasks []legacyTask `json:"tasks"`
	State int          `json:"job_state"`
}

type legacyTask struct {
	Cluster     string           `json:"cluster"`
	Role        string           `json:"role"`
	Environment string           `json:"environment"`
	Priority    uint32           `json:"priority"`
	Replicas    uint32           `json:"replicas"`
	Container   *legacyContainer `json:"container"`
	Resources   *legacyResources `json:"resources"`
	HealthCheck *legacyHealth    `json:"health_check"`
}

type legacyContainer struct {
	Image   string          `json:"image"`
	Command *[]string       `json:"command"`
	Volumes *[]legacyVolume `json:"volumes"`
}

type legacyVolume struct {
	ContainerPath string `json:"container_path"`
	HostPath      string `json:"host_path"`
	Mode          string `json:"mode"`
}

type legacyResources struct {
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
}

// legacyHealth has its times in seconds.
type legacyHealth struct {
	Port     uint32  `json:"port"`
	Path     string  `json:"path"`
	Interval float64 `json:"interval"`
	Timeout  float64 `json:"timeout"`
	Failures uint32  `json:"failures"`
}

func legacyView(v projection.Job) legacyJob {
	out := legacyJob{ID: v.ID, State: legacyState(v.State), Tasks: []legacyTask{}}
	if v.Spec == nil {
		return out
	}
	for i := range v.Spec.Tasks {
		out.Tasks = append(out.Tasks, legacyTaskOf(&v.Spec.Tasks[i]))
	}
	return out
}

func legacyState(s projection.JobState) int {
	switch s {
	case projection.StatePending:
		return legacyPending
	case projection.StateRunning:
		return legacyRunning
	case projection.StateStopping, projection.StateStopped, projection.StateCompleted, projection.StateFailed:
		return legacyStopped
	}
	return legacyUnknown
}

func legacyTaskOf(g *job.Group) legacyTask {
	t := legacyTask{
		Cluster: g.Cluster, Role: g.Role, Environment: g.Environment, Priority: g.Priority, Replicas: g.Replicas,
	}
	if g.Container != nil {
		t.Container = legacyContainerOf(g.Container)
	}
	if r := g.Resources; r != nil {
		t.Resources = &legacyResources{CPU: r.CPU, Memory: r.Memory}
	}
	if h := g.HealthCheck; h != nil {
		t.HealthCheck = &legacyHealth{
			Port: h.Port, Path: h.Path, Interval: h.Interval.Seconds(), Timeout: h.Timeout.Seconds(), Failures: h.Failures,
		}
	}
	return t
}

func legacyContainerOf(c *job.Container) *legacyContainer {
	out := &legacyContainer{Image: c.Image}
	switch {
	case c.Command.Shell != "":
		out.Command = &[]string{"/bin/sh", "-c", c.Command.Shell}
	case len(c.Command.Args) > 0:
		out.Command = &c.Command.Args
	}
	if len(c.Volumes) > 0 {
		out.Volumes = &[]legacyVolume{}
		for _, v := range c.Volumes {
			*out.Volumes = append(*out.Volumes, legacyVolume(v))
		}
	}
	return out
}
