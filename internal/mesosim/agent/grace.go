package agent

import "time"

const (
	// defaultShutdownGrace is Mesos' --executor_shutdown_grace_period.
	defaultShutdownGrace = 5 * time.Second
	// commandGrace is fixed in Mesos' command executor (4.3).
	commandGrace = 3 * time.Second
	// reserve is the part of the shutdown grace that an executor keeps for itself.
	reserve = 2 * time.Second
)

// graces are how long tasks have between the gentle and the hard signal (4.3,
// 4.4), as far as the agent decides.
type graces struct {
	shutdown   time.Duration // --executor_shutdown_grace_period
	dockerStop time.Duration // --docker_stop_timeout
}

// kill is for a KILL. asked is the grace of the call, negative when it has none;
// it counts for docker tasks only.
func (g graces) kill(r *record, asked time.Duration) time.Duration {
	own := r.Info.Value.GetKillPolicy().GetGracePeriod()
	isDocker := r.Kind == Docker
	switch {
	case asked >= 0 && isDocker:
		return asked
	case own != nil:
		return time.Duration(own.Nanoseconds)
	case isDocker:
		return g.docker()
	}
	return commandGrace
}

// docker is for containers whose task does not say.
func (g graces) docker() time.Duration { return max(g.shutdown, g.dockerStop) }

// end is for the shutdown of the executor.
func (g graces) end(r *record) time.Duration {
	if own := r.Info.Value.GetKillPolicy().GetGracePeriod(); own != nil {
		return time.Duration(own.Nanoseconds)
	}
	return max(0, g.shutdown-reserve)
}
