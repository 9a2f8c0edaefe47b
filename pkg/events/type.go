package events

// Type is the CloudEvents type of each event.
func (JobSubmitted) Type() string        { return "taurus.job.submitted.v1" }
func (JobScaled) Type() string           { return "taurus.job.scaled.v1" }
func (JobStopped) Type() string          { return "taurus.job.stopped.v1" }
func (JobDeleted) Type() string          { return "taurus.job.deleted.v1" }
func (TasksPlanned) Type() string        { return "taurus.plan.tasks_planned.v1" }
func (TasksDoomed) Type() string         { return "taurus.plan.tasks_doomed.v1" }
func (JobCompleted) Type() string        { return "taurus.plan.job_completed.v1" }
func (JobFailed) Type() string           { return "taurus.plan.job_failed.v1" }
func (TaskStaged) Type() string          { return "taurus.task.staged.v1" }
func (TaskWithdrawn) Type() string       { return "taurus.task.withdrawn.v1" }
func (TaskAdopted) Type() string         { return "taurus.task.adopted.v1" }
func (TaskStatusChanged) Type() string   { return "taurus.task.status_changed.v1" }
func (KillIssued) Type() string          { return "taurus.kill.issued.v1" }
func (LauncherElected) Type() string     { return "taurus.launcher.elected.v1" }
func (FrameworkRegistered) Type() string { return "taurus.launcher.framework_registered.v1" }
func (SubscriptionOpened) Type() string  { return "taurus.launcher.subscription_opened.v1" }
func (SubscriptionClosed) Type() string  { return "taurus.launcher.subscription_closed.v1" }
func (VerdictChanged) Type() string      { return "taurus.why.verdict_changed.v1" }

// Type is the type that the event came with.
func (u Unknown) Type() string { return u.TypeName }

func (JobSubmitted) event()        {}
func (JobScaled) event()           {}
func (JobStopped) event()          {}
func (JobDeleted) event()          {}
func (TasksPlanned) event()        {}
func (TasksDoomed) event()         {}
func (JobCompleted) event()        {}
func (JobFailed) event()           {}
func (TaskStaged) event()          {}
func (TaskWithdrawn) event()       {}
func (TaskAdopted) event()         {}
func (TaskStatusChanged) event()   {}
func (KillIssued) event()          {}
func (LauncherElected) event()     {}
func (FrameworkRegistered) event() {}
func (SubscriptionOpened) event()  {}
func (SubscriptionClosed) event()  {}
func (VerdictChanged) event()      {}
func (Unknown) event()             {}
