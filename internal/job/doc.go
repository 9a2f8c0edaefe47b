// Package job is the job spec: what a user submits, as JSON or YAML, and what
// the events of a job carry.
//
// A spec goes through the same steps wherever it comes from:
//
//	NewFile -> Decode -> Warnings, for the user -> Normalise -> Validate -> JSON -> event
//	event  -> Parse -> Normalise, in the fold (internal/core/cluster)
//
// Defaults are filled in by Normalise and nowhere else: who reads a spec from the
// folded state finds them in it.
//
// Decode takes the files of the original taurus as they are: names match
// whatever their case, unknown names are skipped, what is missing is zero, and
// job_state is ignored. DecodeLegacy keeps the habits of the original's routes
// besides, such as ignoring what follows the first JSON value. YAML is turned
// into JSON first, so both formats accept the same jobs.
//
// Two things differ from the original, both mends of its bugs: a memory of 0
// means the default of 128 MB even where resources are given, and the whole
// list of a command is used, its first element included.
//
// When a document is wrong, Decode and Validate return Faults: everything that
// is wrong at once, in the order of the document, each with the path of its
// field and how to mend it. AllFaults joins those of both. Nothing is stored then. Only a document that is no
// JSON or YAML at all stops at the first fault, joined with ErrSyntax. Parse
// fails only on an event that this package did not write.
//
// The package does no I/O, and none of its functions keeps or shares state.
//
// # Fields
//
// Durations are strings such as "1m30s" or numbers of seconds. The limits are
// in Limits, the defaults in the Default constants; docs/jobs.md lists all of
// it for users.
//
//	id            names the job; every string but "all"
//	kind          service, batch or periodic
//	labels        the user's own, for filtering
//	time_limit, success, keep_for  of a batch job: how long it may take, how many tasks have
//	              to end well, how long it stays in the lists
//	rollout       max_surge, max_unavailable, min_healthy, progress_deadline,
//	              order, auto_rollback, canary
//	schedule      cron, time_zone, overlap, start_deadline, missed, keep_runs
//	dispatch      parameters, keep_runs
//	after         the jobs that have to be up before this one starts
//	tasks         the task groups, each run replicas times:
//	  name          derived from role where absent
//	  cluster, role, environment, priority
//	  replicas      how many tasks
//	  container     containerizer, image, command, volumes, network, force_pull, registry_credentials (secret), privileged, parameters
//	  resources     cpu, memory, disk, gpus, cpu_limit, memory_limit
//	  ports         name, container, host, protocol
//	  env, labels   a variable is a string, or names a secret
//	  secrets       name, path, mode
//	  health_check  type, port, path, command, interval, timeout, grace, delay, failures
//	  constraints   attribute, operator, value
//	  affinities    attribute, operator, value, weight
//	  spread        attribute, weight, targets
//	  placement     spread or binpack
//	  restart       policy, attempts, backoff, backoff_max, reset_after
//	  kill_grace    between the gentle and the hard signal
//	  kill_signal   the gentle one
//	  before_kill   command, timeout
//	  kill_selection  which go when fewer are wanted: highest_slot, newest, oldest, unhealthy
//	  time_limit    how long an attempt of a batch task may run
//	  gang          a batch's tasks start all at once, or none
//	  after         the groups that have to be up before this one starts
//	  unreachable   replace_after, keep, give_up_after
//	  uris          value, executable, extract, cache, output_file
package job
