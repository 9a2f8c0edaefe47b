package job

import "fmt"

// Stored reads the spec of an event and fills in its defaults. Whoever wrote it
// should have validated it; of one that a foreign hand wrote, Stored refuses what
// would cost whoever holds it more than any spec may, or could not be reckoned
// with. What else is wrong with it shows when its tasks are launched.
func Stored(data []byte, lim Limits) (*Spec, error) {
	if len(data) > lim.SpecBytes {
		return nil, fmt.Errorf("job: a stored spec of %d bytes, the most is %d", len(data), lim.SpecBytes)
	}
	spec, err := Parse(data)
	if err != nil {
		return nil, err
	}
	if err := spec.bound(lim); err != nil {
		return nil, err
	}
	spec.Normalise()
	return spec, nil
}

// bound checks what a stored spec must hold to.
func (s *Spec) bound(lim Limits) error {
	c := checker{lim: lim}
	if !c.atMost("tasks", len(s.Tasks), lim.Groups) {
		return c.faults.err()
	}
	c.atMost("labels", len(s.Labels), lim.Labels)
	c.boundSeries(s)
	c.boundRollout("rollout", s.Rollout)
	c.boundBatch(s)
	c.atMost("after", len(s.After), lim.After)
	for i := range s.Tasks {
		c.boundGroup(index("tasks", i), &s.Tasks[i])
	}
	return c.faults.err()
}

func (c *checker) boundGroup(at string, g *Group) {
	c.countReplicas(join(at, "replicas"), g.Replicas)
	if r := g.Resources; r != nil {
		c.boundAmount(join(join(at, "resources"), "cpu"), r.CPU, c.lim.CPU)
		c.boundAmount(join(join(at, "resources"), "memory"), r.Memory, c.lim.Memory)
		c.boundAmount(join(join(at, "resources"), "disk"), r.Disk, c.lim.Disk)
		c.boundAmount(join(join(at, "resources"), "cpu_limit"), r.CPULimit, c.lim.CPU)
		c.boundAmount(join(join(at, "resources"), "memory_limit"), r.MemoryLimit, c.lim.Memory)
		c.boundAmount(join(join(at, "resources"), "gpus"), float64(r.GPUs), float64(c.lim.GPUs))
	}
	if r := g.Restart; r != nil {
		c.duration(join(join(at, "restart"), "backoff"), r.Backoff, c.lim.Duration)
		c.duration(join(join(at, "restart"), "backoff_max"), r.BackoffMax, c.lim.Duration)
		c.duration(join(join(at, "restart"), "reset_after"), r.ResetAfter, c.lim.Duration)
	}
	c.duration(join(at, "kill_grace"), g.KillGrace, c.lim.KillGrace)
	if b := g.BeforeKill; b != nil {
		c.duration(join(join(at, "before_kill"), "timeout"), b.Timeout, max(0, c.lim.KillGrace-g.KillGrace))
	}
	c.unreachable(join(at, "unreachable"), g.Unreachable)
	c.atMost(join(at, "ports"), len(g.Ports), c.lim.Ports)
	c.atMost(join(at, "secrets"), len(g.SecretNames()), c.lim.Secrets)
	c.atMost(join(at, "constraints"), len(g.Constraints), c.lim.Constraints)
	c.boundPreferences(at, g)
	c.atMost(join(at, "after"), len(g.After), c.lim.Groups)
	c.duration(join(at, "time_limit"), g.TimeLimit, c.lim.TimeLimit)
	c.gang(at, g)
}

func (c *checker) boundAmount(at string, v, most float64) {
	if !(v >= 0 && v <= most) {
		c.fault(at, "must be from 0 to %s, is %v", plain(most), v)
	}
}
