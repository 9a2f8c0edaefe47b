package job

// The words that a spec's string fields may hold.
const (
	// ContainerizerDocker runs a task by Docker; Normalise makes it the empty word.
	ContainerizerDocker = "docker"
	// ContainerizerMesos runs it by Mesos itself, without an image as a process of the host.
	ContainerizerMesos = "mesos"

	NetworkBridge = "bridge"
	NetworkHost   = "host"
	NetworkNone   = "none"

	ProtocolTCP = "tcp"
	ProtocolUDP = "udp"
	// ProtocolBoth is one port of the host for both.
	ProtocolBoth = "tcp,udp"

	HealthHTTP    = "http"
	HealthTCP     = "tcp"
	HealthCommand = "command"

	// RestartAlways starts a task again however it ended.
	RestartAlways = "always"
	// RestartOnFailure starts a task again unless it exited with 0.
	RestartOnFailure = "on_failure"
	// RestartNever leaves an ended task ended.
	RestartNever = "never"

	// OpIs and OpIsNot compare the attribute with the value.
	OpIs    = "is"
	OpIsNot = "is_not"
	// OpLike and OpUnlike match the attribute against an RE2 expression.
	OpLike   = "like"
	OpUnlike = "unlike"
	// OpUnique allows one task of the group per value of the attribute.
	OpUnique = "unique"
	// OpMaxPer allows as many tasks per value as the constraint's value says.
	OpMaxPer = "max_per"
	// OpGroupBy spreads tasks evenly over the values of the attribute.
	OpGroupBy = "group_by"
	// OpCluster keeps all tasks on one value of the attribute.
	OpCluster = "cluster"
	// OpWithJob wants a task of another job on an agent with the same value,
	// OpWithoutJob none.
	OpWithJob    = "with_job"
	OpWithoutJob = "without_job"

	// KillHighestSlot has the tasks with the highest slots go first when fewer are wanted,
	// KillNewest and KillOldest those that were planned last or first, KillUnhealthy those
	// that are not up.
	KillHighestSlot = "highest_slot"
	KillNewest      = "newest"
	KillOldest      = "oldest"
	KillUnhealthy   = "unhealthy"

	// PlacementSpread puts tasks on as many agents as possible.
	PlacementSpread = "spread"
	// PlacementBinpack puts tasks on the fullest agents that they fit on.
	PlacementBinpack = "binpack"

	// AttributeHostname is the attribute that every agent has.
	AttributeHostname = "hostname"

	// VolumeReadOnly is the mode of a volume that cannot be written.
	VolumeReadOnly = "ro"
	// VolumeReadWrite is that of one that can, as one without a mode.
	VolumeReadWrite = "rw"

	// SandboxPath is where Mesos binds the sandbox of a task into its container.
	SandboxPath = "/mnt/mesos/sandbox"
)
