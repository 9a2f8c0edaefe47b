package job

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The defaults that Normalise fills in.
const (
	// DefaultCPU is in cores, as in the original.
	DefaultCPU = 1
	// DefaultMemory is in MB, as in the original.
	DefaultMemory = 128
	// DefaultNetwork is Docker's own bridge.
	DefaultNetwork = NetworkBridge
	// DefaultGroupName names a group that has neither name nor role.
	DefaultGroupName = "task"
	// DefaultKillGrace is that of the Mesos Docker executor.
	DefaultKillGrace = Duration(5 * time.Second)
	// DefaultHealthPath is asked of an HTTP health check without a path.
	DefaultHealthPath = "/"
	// DefaultHealthInterval to DefaultHealthGrace are those of Mesos.
	DefaultHealthInterval = Duration(10 * time.Second)
	DefaultHealthTimeout  = Duration(20 * time.Second)
	DefaultHealthFailures = 3
	DefaultHealthGrace    = Duration(10 * time.Second)
	// DefaultAttempts is how often a batch task is tried.
	DefaultAttempts = 3
	// DefaultBackoff is the wait after a first failure.
	DefaultBackoff = Duration(time.Second)
	// DefaultBackoffMax bounds the doubled wait.
	DefaultBackoffMax = Duration(time.Minute)
	// DefaultResetAfter is the running time that makes failures forgotten.
	DefaultResetAfter = Duration(time.Minute)
)

// Normalise fills in the defaults and puts equal specs into the same form. It
// changes nothing the second time. What is wrong it leaves for Validate.
func (s *Spec) Normalise() {
	s.Kind = orDefault(s.Kind, KindService)
	s.Labels, s.After = orNil(s.Labels), orNilSlice(s.After)
	if s.Tasks == nil {
		s.Tasks = []Group{}
	}
	for i := range s.Tasks {
		s.Tasks[i].normalise(s.Kind)
	}
	nameGroups(s.Tasks)
	if s.Rollout != nil {
		s.Rollout.normalise()
	}
	if s.Schedule != nil {
		s.Schedule.normalise()
	}
	if s.Dispatch != nil {
		s.Dispatch.normalise()
	}
}

// normalise fills in the defaults of one group, all but its name.
func (g *Group) normalise(kind Kind) {
	if g.Container != nil {
		g.Container.normalise()
	}
	if g.Resources == nil {
		g.Resources = &Resources{}
	}
	g.Resources.normalise()
	g.Ports = orNilSlice(g.Ports)
	for i := range g.Ports {
		g.Ports[i].Protocol = normalProtocol(g.Ports[i].Protocol)
	}
	g.Env, g.Labels, g.Secrets = orNil(g.Env), orNil(g.Labels), orNilSlice(g.Secrets)
	if g.HealthCheck != nil {
		g.HealthCheck.normalise(g.Ports)
	}
	g.Constraints, g.After = orNilSlice(g.Constraints), orNilSlice(g.After)
	for i := range g.Constraints {
		g.Constraints[i].Operator = strings.ToLower(g.Constraints[i].Operator)
	}
	g.normalisePreferences()
	if g.Restart == nil {
		g.Restart = &Restart{}
	}
	g.Restart.normalise(kind)
	g.normaliseKill()
	g.URIs = orNilSlice(g.URIs)
	if g.Unreachable != nil {
		g.Unreachable.normalise()
	}
}

func (c *Container) normalise() {
	c.Containerizer = strings.ToLower(c.Containerizer)
	if c.Containerizer == ContainerizerDocker {
		c.Containerizer = ""
	}
	switch network := strings.ToLower(c.Network); network {
	case NetworkBridge, NetworkHost, NetworkNone: // Networks of the user's own keep their case.
		c.Network = network
	case "":
		c.Network = c.defaultNetwork()
	}
	c.Command.Args = orNilSlice(c.Command.Args)
	c.Volumes = orNilSlice(c.Volumes)
	for i := range c.Volumes {
		// What is not known stays as it was written, for the fault to name it.
		if mode := strings.ToLower(c.Volumes[i].Mode); mode == VolumeReadOnly || mode == VolumeReadWrite {
			c.Volumes[i].Mode = mode
		}
	}
	c.Parameters = orNilSlice(c.Parameters)
	for i := range c.Parameters {
		c.Parameters[i].Key = longOption(c.Parameters[i].Key)
	}
}

// longOption is an option of docker run by its long name: Mesos puts two dashes before any,
// which Docker does not take before a letter.
func longOption(key string) string {
	switch key {
	case "a":
		return "attach"
	case "c":
		return "cpu-shares"
	case "e":
		return "env"
	case "h":
		return "hostname"
	case "l":
		return "label"
	case "m":
		return "memory"
	case "p":
		return "publish"
	case "u":
		return "user"
	case "v":
		return "volume"
	case "w":
		return "workdir"
	}
	return key
}

// defaultNetwork is the host's where nothing is put between it and the task.
func (c *Container) defaultNetwork() string {
	if c.ByMesos() {
		return NetworkHost
	}
	return DefaultNetwork
}

// ByMesos reports whether Mesos' own containerizer runs the tasks, and not Docker.
func (c *Container) ByMesos() bool { return c != nil && c.Containerizer == ContainerizerMesos }

// normalise rounds to thousandths as Mesos does, but nothing to zero: zero
// means the default, and a value as small as that is a fault.
func (r *Resources) normalise() {
	r.CPU = toThousandths(orDefault(r.CPU, DefaultCPU))
	r.Memory = toThousandths(orDefault(r.Memory, DefaultMemory))
	r.Disk = toThousandths(r.Disk)
	r.CPULimit, r.MemoryLimit = toThousandths(r.CPULimit), toThousandths(r.MemoryLimit)
}

func toThousandths(v float64) float64 {
	const exact = 1e12 // Above this a float64 has no thousandths.
	rounded := math.Round(v*1000) / 1000
	if rounded == 0 || math.Abs(v) > exact {
		return v
	}
	return rounded
}

func (h *HealthCheck) normalise(ports []Port) {
	if h.Type == "" {
		h.Type = h.derivedType(len(ports) > 0)
	}
	h.Type = strings.ToLower(h.Type)
	if i := slices.IndexFunc(ports, Port.ForTCP); h.Type != HealthCommand && h.Port == 0 && i >= 0 {
		h.Port = ports[i].Container
	}
	if h.Type == HealthHTTP {
		h.Path = orDefault(h.Path, DefaultHealthPath)
	}
	h.Interval = orDefault(h.Interval, DefaultHealthInterval)
	h.Timeout = orDefault(h.Timeout, DefaultHealthTimeout)
	h.Failures = orDefault(h.Failures, DefaultHealthFailures)
	h.Grace = orDefault(h.Grace, DefaultHealthGrace)
}

// derivedType is the type the other fields speak of.
func (h *HealthCheck) derivedType(hasPorts bool) string {
	switch {
	case h.Command != "":
		return HealthCommand
	case h.Path != "":
		return HealthHTTP
	case h.Port != 0 || hasPorts:
		return HealthTCP
	}
	return ""
}

func (r *Restart) normalise(kind Kind) {
	if kind.ends() {
		r.Policy = orDefault(r.Policy, RestartOnFailure)
		if r.Policy != RestartNever {
			r.Attempts = orDefault(r.Attempts, DefaultAttempts)
		}
	}
	r.Policy = orDefault(r.Policy, RestartAlways)
	if r.Backoff == 0 {
		r.Backoff = DefaultBackoff
		if r.BackoffMax > 0 {
			r.Backoff = min(r.Backoff, r.BackoffMax)
		}
	}
	if r.BackoffMax == 0 {
		r.BackoffMax = max(DefaultBackoffMax, r.Backoff)
	}
	r.ResetAfter = orDefault(r.ResetAfter, DefaultResetAfter)
}

// nameGroups names the groups that have no name after their role, and numbers
// those that would be called alike. Names that were given stay.
func nameGroups(groups []Group) {
	n := namer{taken: make(map[string]bool, len(groups)), next: map[string]int{}}
	for i := range groups {
		n.taken[groups[i].Name] = true
	}
	for i := range groups {
		if groups[i].Name == "" {
			groups[i].Name = n.name(orDefault(cleanName(groups[i].Role), DefaultGroupName))
		}
	}
}

// namer finds names that are free.
type namer struct {
	taken map[string]bool
	// next is the first number behind a name that may be free: no name becomes free
	// again, so none is tried twice.
	next map[string]int
	// tries counts the names that were tried.
	tries int
}

// name takes the name itself if it is free, else with the first number behind it
// that is.
func (n *namer) name(base string) string {
	name, number := base, max(n.next[base], 1)
	if number > 1 {
		name = numbered(base, number)
	}
	for n.tries++; n.taken[name]; n.tries++ {
		number++
		name = numbered(base, number)
	}
	n.taken[name], n.next[base] = true, number+1
	return name
}

func numbered(base string, number int) string { return base + "-" + strconv.Itoa(number) }

// maxDerivedName leaves space for a number within the limit of a group's name.
const maxDerivedName = 50

// cleanName makes a group's name of any text, or nothing if nothing is left.
func cleanName(text string) string {
	cleaned := strings.Map(func(r rune) rune {
		if nameRune(r) {
			return r
		}
		return '-'
	}, text)
	cleaned = strings.Trim(cleaned, "-_.")
	if len(cleaned) > maxDerivedName {
		cleaned = strings.TrimRight(cleaned[:maxDerivedName], "-_.")
	}
	return cleaned
}

func orDefault[T comparable](v, byDefault T) T {
	var zero T
	if v == zero {
		return byDefault
	}
	return v
}

func orNil[K comparable, V any](m map[K]V) map[K]V {
	if len(m) == 0 {
		return nil
	}
	return m
}

func orNilSlice[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}
