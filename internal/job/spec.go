package job

// Kind says when a job is over.
type Kind string

// The kinds of job.
const (
	// KindService runs until it is stopped; an ended task is started again.
	KindService Kind = "service"
	// KindBatch runs until every task has exited with 0 or run out of attempts.
	KindBatch Kind = "batch"
	// KindPeriodic runs nothing itself: at each time of its schedule a batch job is
	// made of it.
	KindPeriodic Kind = "periodic"
)

// ends reports whether what runs is over once its tasks have done their work.
func (k Kind) ends() bool { return k == KindBatch || k == KindPeriodic }

// Spec is what a user submits. Its JSON is that of the original taurus,
// extended by optional fields.
type Spec struct {
	// ID names the job; unique among jobs that are not over.
	ID string `json:"id"`
	// Kind is service unless told otherwise.
	Kind Kind `json:"kind,omitzero"`
	// Labels are the user's own; lists can be filtered by them.
	Labels map[string]string `json:"labels,omitempty"`
	// Rollout says how the tasks come to be those of another version; nil for the
	// defaults, see RolloutPolicy.
	Rollout *Rollout `json:"rollout,omitzero"`
	// TimeLimit is how long a batch job may take from its submission on, 0 for any time.
	TimeLimit Duration `json:"time_limit,omitzero"`
	// Success is how many tasks of a batch job have to end well, in all groups together.
	Success Success `json:"success,omitzero"`
	// KeepFor is how long a batch job stays in the lists after its end; 0 is until a user
	// deletes it.
	KeepFor Duration `json:"keep_for,omitzero"`
	// Schedule says when a periodic job runs.
	Schedule *Schedule `json:"schedule,omitzero"`
	// Dispatch makes a batch job one that runs when it is asked to.
	Dispatch *Dispatch `json:"dispatch,omitzero"`
	// After are the jobs that have to be up before this one starts.
	After []string `json:"after,omitempty"`
	// Tasks are the task groups: templates, each run Replicas times.
	Tasks []Group `json:"tasks"`
}

// Group is a template of tasks, what the original called a task.
type Group struct {
	// Name tells the groups of a job apart; derived from Role where absent.
	Name        string `json:"name,omitzero"`
	Cluster     string `json:"cluster,omitzero"`
	Role        string `json:"role,omitzero"`
	Environment string `json:"environment,omitzero"`
	Priority    uint32 `json:"priority,omitzero"`
	// Replicas is the number of tasks wanted.
	Replicas  uint32     `json:"replicas"`
	Container *Container `json:"container"`
	Resources *Resources `json:"resources,omitzero"`
	// Ports are container ports that get a host port out of the offer.
	Ports []Port `json:"ports,omitempty"`
	// Env is the environment, beside what every task gets.
	Env map[string]Variable `json:"env,omitempty"`
	// Secrets are those that a task finds in files.
	Secrets     []SecretFile      `json:"secrets,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	HealthCheck *HealthCheck      `json:"health_check,omitzero"`
	Constraints []Constraint      `json:"constraints,omitempty"`
	// Affinities are agents that the group likes, or does not; Spread is how it likes its
	// tasks to be shared out. Neither keeps a task from running.
	Affinities []Affinity `json:"affinities,omitempty"`
	Spread     []Spread   `json:"spread,omitempty"`
	// Placement is spread, over as many agents as possible, or binpack, on as few.
	Placement string   `json:"placement,omitzero"`
	Restart   *Restart `json:"restart,omitzero"`
	// KillGrace is the time between the gentle and the hard signal.
	KillGrace Duration `json:"kill_grace,omitzero"`
	// KillSignal is the gentle one; the image's own where absent, or SIGTERM.
	KillSignal string `json:"kill_signal,omitzero"`
	// BeforeKill is run in the container before that.
	BeforeKill *BeforeKill `json:"before_kill,omitzero"`
	// KillSelection is which tasks go when fewer are wanted: highest_slot where absent.
	KillSelection string `json:"kill_selection,omitzero"`
	URIs          []URI  `json:"uris,omitempty"`
	// TimeLimit is how long an attempt of a batch task may run, 0 for any time.
	TimeLimit Duration `json:"time_limit,omitzero"`
	// Gang has the tasks of a batch start all at once, or none.
	Gang bool `json:"gang,omitzero"`
	// After are the groups of the job that have to be up before this one starts, and are
	// ended after it.
	After []string `json:"after,omitempty"`
	// Unreachable says what becomes of a task whose agent is cut off.
	Unreachable *Unreachable `json:"unreachable,omitzero"`
}

// Container says what runs in it.
type Container struct {
	// Containerizer is mesos, or none for Docker.
	Containerizer string `json:"containerizer,omitzero"`
	// Image may be absent with the containerizer mesos: then the command runs on the host.
	Image string `json:"image,omitzero"`
	// Command replaces the image's; empty leaves the image's own.
	Command Command  `json:"command,omitzero"`
	Volumes []Volume `json:"volumes,omitempty"`
	// Network is bridge (the default), host, none, or the name of a user network.
	Network   string `json:"network,omitzero"`
	ForcePull bool   `json:"force_pull,omitzero"`
	// RegistryCredentials is the secret that the image is pulled with: a file such as
	// docker login writes.
	RegistryCredentials *SecretRef  `json:"registry_credentials,omitzero"`
	Privileged          bool        `json:"privileged,omitzero"`
	Parameters          []Parameter `json:"parameters,omitempty"`
}

// Volume binds a host path into the container.
type Volume struct {
	ContainerPath string `json:"container_path"`
	HostPath      string `json:"host_path"`
	// Mode is ro or rw; none is rw. Mesos knows no other.
	Mode string `json:"mode,omitzero"`
}

// Parameter is an option of docker run without its dashes.
type Parameter struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Resources are those of one task.
type Resources struct {
	// CPU is in cores, down to thousandths.
	CPU float64 `json:"cpu"`
	// Memory is in MB.
	Memory float64 `json:"memory"`
	// Disk is in MB.
	Disk float64 `json:"disk,omitzero"`
	// GPUs is a whole number.
	GPUs uint32 `json:"gpus,omitzero"`
	// CPULimit and MemoryLimit are what a task may use at most, where its agent can keep
	// that; CPU and Memory are then only what is set aside for it. 0 is none of its own.
	CPULimit    float64 `json:"cpu_limit,omitzero"`
	MemoryLimit float64 `json:"memory_limit,omitzero"`
}

// Port is one port of the container.
type Port struct {
	// Name tells ports apart in environment variables (PORT_<NAME>).
	Name string `json:"name,omitzero"`
	// Container is the port inside; 0 means the same as the host port.
	Container uint32 `json:"container,omitzero"`
	// Host asks for that very port; 0 takes any the offer has.
	Host uint32 `json:"host,omitzero"`
	// Protocol is tcp, udp or both: "tcp,udp".
	Protocol string `json:"protocol,omitzero"`
}

// HealthCheck is done by the agent. The original had Port, Path, Interval,
// Timeout and Failures.
type HealthCheck struct {
	// Type is http, tcp or command; derived from the other fields where absent.
	Type string `json:"type,omitzero"`
	// Port is the container port that is asked; 0 means the group's first port.
	Port     uint32   `json:"port,omitzero"`
	Path     string   `json:"path,omitzero"`
	Command  string   `json:"command,omitzero"`
	Interval Duration `json:"interval,omitzero"`
	Timeout  Duration `json:"timeout,omitzero"`
	// Grace is the time from the start in which failures do not count.
	Grace Duration `json:"grace,omitzero"`
	// Delay is the time from the start to the first check.
	Delay Duration `json:"delay,omitzero"`
	// Failures in a row end the task.
	Failures uint32 `json:"failures,omitzero"`
}

// Constraint limits where the tasks of a group may run.
type Constraint struct {
	// Attribute is "hostname" or the name of an agent attribute.
	Attribute string `json:"attribute"`
	// Operator is one of is, is_not, like, unlike, unique, max_per, group_by, cluster,
	// with_job, without_job.
	Operator string `json:"operator"`
	Value    string `json:"value,omitzero"`
}

// Restart says what follows the end of a task.
type Restart struct {
	// Policy is always, on_failure or never.
	Policy string `json:"policy,omitzero"`
	// Attempts bounds the failures of a batch task, the first try included; 0 means the default.
	Attempts uint32 `json:"attempts,omitzero"`
	// Backoff is the wait after the first failure; it doubles up to BackoffMax.
	Backoff    Duration `json:"backoff,omitzero"`
	BackoffMax Duration `json:"backoff_max,omitzero"`
	// ResetAfter is the running time after which failures are forgotten.
	ResetAfter Duration `json:"reset_after,omitzero"`
}

// URI is fetched into the sandbox before the task starts.
type URI struct {
	Value      string `json:"value"`
	Executable bool   `json:"executable,omitzero"`
	// Extract unpacks archives; true unless told otherwise.
	Extract    *bool  `json:"extract,omitzero"`
	Cache      bool   `json:"cache,omitzero"`
	OutputFile string `json:"output_file,omitzero"`
}
