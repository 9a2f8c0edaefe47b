package job

import "github.com/milosgajdos/taurus/internal/job/cron"

// Limits bound a spec. Each is the largest value allowed unless its name says
// otherwise; DefaultLimits gives values that fit Mesos, Docker and the log.
type Limits struct {
	// IDBytes bounds the id, which is a part of Mesos task ids of at most 255
	// bytes and of log subjects.
	IDBytes int
	// SpecBytes bounds the encoded spec, which must fit into one event.
	SpecBytes int
	// MinGroups is the fewest task groups; the original took jobs without any.
	MinGroups int
	// Groups bounds the task groups of a job.
	Groups int
	// Replicas bounds the tasks of a job, all groups together.
	Replicas uint64
	// Gang bounds the tasks of a group that start all at once: they are written to the
	// log in one piece, which holds 1000 decisions.
	Gang uint32
	// NameBytes bounds names: of groups, ports, networks and parameters.
	NameBytes int
	// RoleBytes bounds role, cluster and environment, which may be any text.
	RoleBytes int
	// Labels bounds the labels of a job or a group, LabelKeyBytes and
	// LabelValueBytes each of them.
	Labels          int
	LabelKeyBytes   int
	LabelValueBytes int
	// Secrets bounds the secrets of a group, in variables and in files.
	Secrets int
	// Env bounds the variables of a group, EnvBytes their names and values
	// together.
	Env      int
	EnvBytes int
	// CommandArgs bounds the arguments of a command, CommandBytes their sum.
	CommandArgs  int
	CommandBytes int
	// MinCPU and CPU bound the cores of one task.
	MinCPU float64
	CPU    float64
	// MinMemory and Memory bound the MB of one task; Docker refuses less than 4.
	MinMemory float64
	Memory    float64
	// Disk bounds the MB of one task.
	Disk float64
	// GPUs bounds those of one task.
	GPUs uint32
	// Ports, Volumes, Parameters, Constraints and URIs bound the lists of a group.
	Ports       int
	Volumes     int
	Parameters  int
	Constraints int
	// Affinities and Spreads bound those of a group, SpreadTargets the values of a spread.
	Affinities    int
	Spreads       int
	SpreadTargets int
	URIs          int
	// ScheduleLines bounds the lines of a schedule, DispatchParameters what a run may be
	// given, KeepRuns the runs that are kept.
	ScheduleLines      int
	DispatchParameters int
	KeepRuns           uint32
	// After bounds the jobs that a job starts after.
	After int
	// TextBytes bounds every other string: paths, images, values.
	TextBytes int
	// Duration bounds every duration but the two below.
	Duration Duration
	// KillGrace bounds the wait between the gentle and the hard signal.
	KillGrace Duration
	// TimeLimit bounds how long a batch job, or an attempt of it, may be allowed to run,
	// KeepFor how long it may stay in the lists after its end.
	TimeLimit Duration
	KeepFor   Duration
	// Attempts bounds the tries of a batch task.
	Attempts uint32
	// HealthFailures bounds the failures in a row of a health check.
	HealthFailures uint32
}

// DefaultLimits are those of a taurus that was told nothing else.
func DefaultLimits() Limits {
	const day = 24 * 3600 * 1e9
	return Limits{
		IDBytes: 200, SpecBytes: 256 << 10,
		MinGroups: 1, Groups: 100, Replicas: 100_000, Gang: 500,
		NameBytes: 63, RoleBytes: 255,
		Labels: 64, LabelKeyBytes: 128, LabelValueBytes: 1024,
		Env: 500, EnvBytes: 64 << 10, Secrets: 50,
		CommandArgs: 1000, CommandBytes: 64 << 10,
		MinCPU: 0.001, CPU: 10_000,
		MinMemory: 4, Memory: 64 << 20, Disk: 1 << 40, GPUs: 1024,
		Ports: 100, Volumes: 100, Parameters: 100, Constraints: 50, URIs: 100,
		Affinities: 50, Spreads: 10, SpreadTargets: 100,
		ScheduleLines: cron.LinesMax, DispatchParameters: 50, KeepRuns: 1000,
		After: 50, TextBytes: 4096,
		Duration: 7 * day, KillGrace: day, TimeLimit: 365 * day, KeepFor: 365 * day,
		Attempts: 1000, HealthFailures: 1000,
	}
}

// Legacy are the limits of a job that comes by the original's routes, which took
// a job without tasks.
func (l Limits) Legacy() Limits {
	l.MinGroups = 0
	return l
}
