package job

// LegacyJob is a job as the original's routes answer it: every field present,
// what is absent null or zero, the state a number. Encode it with any JSON
// package.
type LegacyJob struct {
	ID    string        `json:"id"`
	Tasks *[]LegacyTask `json:"tasks"`
	State int           `json:"job_state"`
}

// LegacyTask is a task group in the words of the original.
type LegacyTask struct {
	Cluster     string             `json:"cluster"`
	Role        string             `json:"role"`
	Environment string             `json:"environment"`
	Priority    uint32             `json:"priority"`
	Container   *LegacyContainer   `json:"container"`
	Resources   *LegacyResources   `json:"resources"`
	HealthCheck *LegacyHealthCheck `json:"health_check"`
	Replicas    uint32             `json:"replicas"`
}

// LegacyContainer is a container in the words of the original.
type LegacyContainer struct {
	Command *[]string       `json:"command"`
	Image   string          `json:"image"`
	Volumes *[]LegacyVolume `json:"volumes"`
}

// LegacyVolume is a volume with its mode always present.
type LegacyVolume struct {
	ContainerPath string `json:"container_path"`
	HostPath      string `json:"host_path"`
	Mode          string `json:"mode"`
}

// LegacyResources are cores and MB.
type LegacyResources struct {
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
}

// LegacyHealthCheck has its times in seconds.
type LegacyHealthCheck struct {
	Port     uint32  `json:"port"`
	Path     string  `json:"path"`
	Interval float64 `json:"interval"`
	Timeout  float64 `json:"timeout"`
	Failures uint32  `json:"failures"`
}

// Legacy is s as the original's clients know a job; state is the original's
// number (1 PENDING, 2 RUNNING, 3 STOPPED). It shows s as it is. Of a spec not
// yet normalised that is what the original echoed; once normalised, resources
// and the times of a health check show the defaults in force, where the
// original showed null and 0. A shell line shows as the arguments that run it.
// What the original did not know is left out.
func (s *Spec) Legacy(state int) LegacyJob {
	legacy := LegacyJob{ID: s.ID, State: state}
	legacy.Tasks = each(s.Tasks, func(g Group) LegacyTask { return g.legacy() })
	return legacy
}

func (g Group) legacy() LegacyTask {
	t := LegacyTask{
		Cluster: g.Cluster, Role: g.Role, Environment: g.Environment,
		Priority: g.Priority, Replicas: g.Replicas,
	}
	if c := g.Container; c != nil {
		t.Container = &LegacyContainer{
			Command: each(c.Command.argv(), func(arg string) string { return arg }),
			Image:   c.Image,
			Volumes: each(c.Volumes, func(v Volume) LegacyVolume { return LegacyVolume(v) }),
		}
	}
	if r := g.Resources; r != nil {
		t.Resources = &LegacyResources{CPU: r.CPU, Memory: r.Memory}
	}
	if h := g.HealthCheck; h != nil {
		t.HealthCheck = &LegacyHealthCheck{
			Port: h.Port, Path: h.Path, Failures: h.Failures,
			Interval: h.Interval.Seconds(), Timeout: h.Timeout.Seconds(),
		}
	}
	return t
}

// argv is the command as an argument list, nil for the image's own.
func (c Command) argv() []string {
	if c.Shell != "" {
		return []string{"/bin/sh", "-c", c.Shell}
	}
	return c.Args
}

// each converts a list. A nil list becomes a nil pointer, which every JSON
// package writes as null.
func each[T, U any](list []T, convert func(T) U) *[]U {
	if list == nil {
		return nil
	}
	converted := make([]U, len(list))
	for i, v := range list {
		converted[i] = convert(v)
	}
	return &converted
}
