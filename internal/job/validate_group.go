package job

import (
	"math"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// resources checks what one task needs.
func (c *checker) resources(at string, r *Resources) {
	c.amount(join(at, "cpu"), r.CPU, c.lim.MinCPU, c.lim.CPU)
	c.amount(join(at, "memory"), r.Memory, c.lim.MinMemory, c.lim.Memory)
	c.amount(join(at, "disk"), r.Disk, 0, c.lim.Disk)
	c.usage(join(at, "cpu_limit"), r.CPULimit, "cpu", r.CPU, c.lim.CPU)
	c.usage(join(at, "memory_limit"), r.MemoryLimit, "memory", r.Memory, c.lim.Memory)
	if r.GPUs > c.lim.GPUs {
		c.fault(join(at, "gpus"), "is %d; make it at most %d", r.GPUs, c.lim.GPUs)
	}
}

// amount checks a scalar resource, of which Mesos keeps three decimals.
func (c *checker) amount(at string, v, least, most float64) {
	switch {
	case math.IsNaN(v) || v < 0:
		c.fault(at, "must be positive, is %v", v)
	case v != 0 && v < 0.0005:
		c.fault(at, "%v rounds to 0, as Mesos keeps three decimals; give at least 0.001", v)
	case v < least || v > most:
		c.fault(at, "must be from %s to %s, is %v", plain(least), plain(most), v)
	}
}

// plain writes a limit without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// env checks the environment. Values may hold newlines but no zero byte.
func (c *checker) env(group string, g *Group) {
	at := join(group, "env")
	if !c.atMost(at, len(g.Env), c.lim.Env) {
		return
	}
	total := 0
	for _, key := range sortedKeys(g.Env) {
		v := g.Env[key]
		total += len(key) + len(v.Value) + len(v.Secret)
		if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r == '=' || r > '~' }) {
			c.fault(join(at, key), "a variable's name consists of printable ASCII without spaces and =; rename it")
			continue
		}
		c.argument(join(at, key), v.Value)
		if why := CheckSecretName(v.Secret); v.Secret != "" && why != "" {
			c.fault(join(join(at, key), "secret"), "%s", why)
		}
	}
	if total > c.lim.EnvBytes {
		c.fault(at, "is %d bytes in all; make it at most %d", total, c.lim.EnvBytes)
	}
}

// healthCheck checks how the agent asks a task for its health.
func (c *checker) healthCheck(at string, g *Group) {
	h := g.HealthCheck
	if h.Type == "" {
		c.fault(at, "asks for nothing; give a path, a port or a command")
	} else {
		c.oneOf(join(at, "type"), h.Type, HealthHTTP, HealthTCP, HealthCommand)
	}
	c.healthTarget(at, h, g)
	c.duration(join(at, "interval"), h.Interval, c.lim.Duration)
	c.duration(join(at, "timeout"), h.Timeout, c.lim.Duration)
	c.duration(join(at, "grace"), h.Grace, c.lim.Duration)
	c.duration(join(at, "delay"), h.Delay, c.lim.Duration)
	if h.Failures > c.lim.HealthFailures {
		c.fault(join(at, "failures"), "is %d; make it at most %d", h.Failures, c.lim.HealthFailures)
	}
}

// healthTarget checks what is asked. On its own network a container may be
// asked at any port, published or not: the agent asks from inside.
func (c *checker) healthTarget(at string, h *HealthCheck, g *Group) {
	if h.Type == HealthCommand {
		if h.Command == "" {
			c.fault(join(at, "command"), "is missing; give the shell line to run in the container")
		}
		c.argument(join(at, "command"), h.Command)
		if len(h.Command) > c.lim.CommandBytes {
			c.fault(join(at, "command"), "is %d bytes; make it at most %d", len(h.Command), c.lim.CommandBytes)
		}
		if h.Port != 0 || h.Path != "" {
			c.fault(at, "a check by command has neither port nor path; remove them")
		}
		return
	}
	if h.Command != "" {
		c.fault(join(at, "command"), `only a check of type "command" has one; remove it or change the type`)
	}
	if h.Type != "" && h.Port == 0 && !slices.ContainsFunc(g.Ports, Port.ForTCP) {
		why := ""
		if len(g.Ports) > 0 {
			why = "the ports of the group are for udp, where no check can ask; "
		}
		c.fault(join(at, "port"), "is missing; %sgive the container port to ask", why)
	}
	if h.Port > maxPort {
		c.fault(join(at, "port"), "must be from 1 to %d, is %d", maxPort, h.Port)
	}
	switch {
	case h.Type == HealthTCP && h.Path != "":
		c.fault(join(at, "path"), `a check of type "tcp" has none; remove it or use "http"`)
	case h.Path != "" && !strings.HasPrefix(h.Path, "/"):
		c.fault(join(at, "path"), "%s must begin with /", quote(h.Path))
	default:
		c.text(join(at, "path"), h.Path, c.lim.TextBytes)
	}
}

// constraints checks where tasks may run.
func (c *checker) constraints(at string, constraints []Constraint) {
	if !c.atMost(at, len(constraints), c.lim.Constraints) {
		return
	}
	for i, constraint := range constraints {
		here := index(at, i)
		c.attribute(join(here, "attribute"), constraint.Attribute)
		if c.oneOf(join(here, "operator"), constraint.Operator,
			OpIs, OpIsNot, OpLike, OpUnlike, OpUnique, OpMaxPer, OpGroupBy, OpCluster, OpWithJob, OpWithoutJob) {
			c.operand(join(here, "value"), constraint)
		}
		c.text(join(here, "value"), constraint.Value, c.lim.TextBytes)
	}
}

// operand checks the value that an operator needs.
func (c *checker) operand(at string, constraint Constraint) {
	value := constraint.Value
	switch constraint.Operator {
	case OpIs, OpIsNot, OpLike, OpUnlike:
		c.comparison(at, constraint.Operator, value)
	case OpWithJob, OpWithoutJob:
		switch value {
		case "":
			c.fault(at, "is missing; %s names a job by its id", constraint.Operator)
		case c.job:
			c.fault(at, "names the job itself; for tasks that are together use cluster, for tasks apart use unique")
		}
	case OpUnique:
		if value != "" {
			c.fault(at, "unique takes none; remove it")
		}
	case OpMaxPer, OpGroupBy:
		optional := constraint.Operator == OpGroupBy && value == ""
		if n, err := strconv.ParseUint(value, 10, 32); !optional && (err != nil || n == 0) {
			c.fault(at, "%s must be a whole number from 1 as a string, is %s", constraint.Operator, quote(value))
		}
	}
}

// restart checks what follows the end of a task.
func (c *checker) restart(at string, r *Restart, kind Kind) {
	c.oneOf(join(at, "policy"), r.Policy, RestartAlways, RestartOnFailure, RestartNever)
	if kind.ends() && r.Policy == RestartAlways {
		c.fault(join(at, "policy"), `a batch job that always restarts never ends; use "on_failure", or the kind "service"`)
	}
	if kind == KindService && r.Attempts != 0 {
		c.fault(join(at, "attempts"), `only a batch job counts them; remove it, or use the kind "batch"`)
	}
	if r.Attempts > c.lim.Attempts {
		c.fault(join(at, "attempts"), "is %d; make it at most %d", r.Attempts, c.lim.Attempts)
	}
	c.duration(join(at, "backoff"), r.Backoff, c.lim.Duration)
	c.duration(join(at, "backoff_max"), r.BackoffMax, c.lim.Duration)
	if r.BackoffMax >= 0 && r.Backoff > r.BackoffMax {
		c.fault(join(at, "backoff_max"), "is %s, shorter than the backoff of %s; make it longer", r.BackoffMax, r.Backoff)
	}
	c.duration(join(at, "reset_after"), r.ResetAfter, c.lim.Duration)
}

// uris checks what is fetched into the sandbox.
func (c *checker) uris(at string, uris []URI) {
	if !c.atMost(at, len(uris), c.lim.URIs) {
		return
	}
	for i, u := range uris {
		here := index(at, i)
		parsed, err := url.Parse(u.Value)
		switch {
		case u.Value == "":
			c.fault(join(here, "value"), "is missing; give a URL or an absolute path on the agent")
		case err != nil:
			c.fault(join(here, "value"), "%s is no URL: %s", quote(u.Value), excerpt(err.Error()))
		case parsed.Scheme == "" && !strings.HasPrefix(u.Value, "/"):
			c.fault(join(here, "value"), "%s must be a URL with a scheme such as https, or an absolute path", quote(u.Value))
		default:
			c.text(join(here, "value"), u.Value, c.lim.TextBytes)
		}
		c.outputFile(join(here, "output_file"), u.OutputFile)
	}
}

// outputFile checks that a fetched file stays in the sandbox.
func (c *checker) outputFile(at, file string) {
	clean := path.Clean(file)
	if strings.HasPrefix(file, "/") || clean == ".." || strings.HasPrefix(clean, "../") {
		c.fault(at, "%s must stay in the sandbox; give a relative path without ..", quote(file))
		return
	}
	c.text(at, file, c.lim.TextBytes)
}
