package access

import "slices"

// Right is one thing that a principal may do.
type Right string

// The rights. Those from Impersonate on are on the cluster, the others on jobs.
const (
	// Read is what jobs and tasks are and were told of now, and the feed.
	Read Right = "read"
	// Logs is what tasks write.
	Logs Right = "logs"
	// Submit is a job that is not there yet, or is over.
	Submit Right = "submit"
	// Update is all that changes what a job is, and its rollouts: also restart, revert,
	// tag, pause, dispatch and run-now.
	Update Right = "update"
	// Scale is how many tasks a group has.
	Scale Right = "scale"
	// Stop is the end of a job, and of single tasks.
	Stop Right = "stop"
	// Delete forgets a job.
	Delete Right = "delete"
	// Explain is why a job waits, and what would be if.
	Explain Right = "explain"
	// History is any of these as of a moment that is over: ?at=, versions, runs, events.
	History Right = "history"
	// Impersonate is to act on behalf of somebody else.
	Impersonate Right = "impersonate"
	// Agents is what is planned with agents: drains.
	Agents Right = "agents"
	// Audit is who did what.
	Audit Right = "audit"
	// Admin is tokens, roles, groups and policy.
	Admin Right = "admin"
)

// Rights are all of them.
func Rights() []Right {
	return []Right{Read, Logs, Submit, Update, Scale, Stop, Delete, Explain, History, Impersonate, Agents, Audit, Admin}
}

// OnCluster reports whether a right has no job: only a grant for all jobs gives it.
func (r Right) OnCluster() bool {
	return slices.Contains([]Right{Impersonate, Agents, Audit, Admin}, r)
}

// Known reports whether there is such a right.
func (r Right) Known() bool { return slices.Contains(Rights(), r) }
