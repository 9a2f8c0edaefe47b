package events

// Type is the CloudEvents type of JobSubmitted.
func (JobSubmitted) Type() string { return "taurus.job.submitted.v1" }

// Type is the CloudEvents type of JobScaled.
func (JobScaled) Type() string { return "taurus.job.scaled.v1" }

// Type is the CloudEvents type of JobStopped.
func (JobStopped) Type() string { return "taurus.job.stopped.v1" }

// Type is the CloudEvents type of ScheduleSteered.
func (ScheduleSteered) Type() string { return "taurus.job.schedule_steered.v1" }

// Type is the CloudEvents type of RunRequested.
func (RunRequested) Type() string { return "taurus.job.run_requested.v1" }

// Type is the CloudEvents type of JobDeleted.
func (JobDeleted) Type() string { return "taurus.job.deleted.v1" }

// Type is the CloudEvents type of JobUpdated.
func (JobUpdated) Type() string { return "taurus.job.updated.v1" }

// Type is the CloudEvents type of KillRequested.
func (KillRequested) Type() string { return "taurus.job.kill_requested.v1" }

// Type is the CloudEvents type of JobRestarted.
func (JobRestarted) Type() string { return "taurus.job.restarted.v1" }

// Type is the CloudEvents type of VersionTagged.
func (VersionTagged) Type() string { return "taurus.job.version_tagged.v1" }

// Type is the CloudEvents type of RolloutSteered.
func (RolloutSteered) Type() string { return "taurus.job.rollout_steered.v1" }

// Type is the CloudEvents type of TasksPlanned.
func (TasksPlanned) Type() string { return "taurus.plan.tasks_planned.v1" }

// Type is the CloudEvents type of TasksDoomed.
func (TasksDoomed) Type() string { return "taurus.plan.tasks_doomed.v1" }

// Type is the CloudEvents type of RolloutEnded.
func (RolloutEnded) Type() string { return "taurus.plan.rollout_ended.v1" }

// Type is the CloudEvents type of RolloutReverted.
func (RolloutReverted) Type() string { return "taurus.plan.rollout_reverted.v1" }

// Type is the CloudEvents type of RunDue.
func (RunDue) Type() string { return "taurus.plan.run_due.v1" }

// Type is the CloudEvents type of JobCompleted.
func (JobCompleted) Type() string { return "taurus.plan.job_completed.v1" }

// Type is the CloudEvents type of JobFailed.
func (JobFailed) Type() string { return "taurus.plan.job_failed.v1" }

// Type is the CloudEvents type of JobExpired.
func (JobExpired) Type() string { return "taurus.plan.job_expired.v1" }

// Type is the CloudEvents type of TaskStaged.
func (TaskStaged) Type() string { return "taurus.task.staged.v1" }

// Type is the CloudEvents type of TaskWithdrawn.
func (TaskWithdrawn) Type() string { return "taurus.task.withdrawn.v1" }

// Type is the CloudEvents type of TaskAdopted.
func (TaskAdopted) Type() string { return "taurus.task.adopted.v1" }

// Type is the CloudEvents type of TaskStatusChanged.
func (TaskStatusChanged) Type() string { return "taurus.task.status_changed.v1" }

// Type is the CloudEvents type of KillIssued.
func (KillIssued) Type() string { return "taurus.kill.issued.v1" }

// Type is the CloudEvents type of LauncherElected.
func (LauncherElected) Type() string { return "taurus.launcher.elected.v1" }

// Type is the CloudEvents type of FrameworkRegistered.
func (FrameworkRegistered) Type() string { return "taurus.launcher.framework_registered.v1" }

// Type is the CloudEvents type of SubscriptionOpened.
func (SubscriptionOpened) Type() string { return "taurus.launcher.subscription_opened.v1" }

// Type is the CloudEvents type of SubscriptionClosed.
func (SubscriptionClosed) Type() string { return "taurus.launcher.subscription_closed.v1" }

// Type is the CloudEvents type of TasksListed.
func (TasksListed) Type() string { return "taurus.launcher.tasks_listed.v1" }

// Type is the CloudEvents type of AgentUnavailable.
func (AgentUnavailable) Type() string { return "taurus.launcher.agent_unavailable.v1" }

// Type is the CloudEvents type of AgentDrained.
func (AgentDrained) Type() string { return "taurus.agents.drained.v1" }

// Type is the CloudEvents type of AgentRestored.
func (AgentRestored) Type() string { return "taurus.agents.restored.v1" }

// Type is the CloudEvents type of TokenCreated.
func (TokenCreated) Type() string { return "taurus.access.token_created.v1" }

// Type is the CloudEvents type of TokenRevoked.
func (TokenRevoked) Type() string { return "taurus.access.token_revoked.v1" }

// Type is the CloudEvents type of RoleSet.
func (RoleSet) Type() string { return "taurus.access.role_set.v1" }

// Type is the CloudEvents type of RoleRemoved.
func (RoleRemoved) Type() string { return "taurus.access.role_removed.v1" }

// Type is the CloudEvents type of GroupBound.
func (GroupBound) Type() string { return "taurus.access.group_bound.v1" }

// Type is the CloudEvents type of PolicySet.
func (PolicySet) Type() string { return "taurus.access.policy_set.v1" }

// Type is the CloudEvents type of VerdictChanged.
func (VerdictChanged) Type() string { return "taurus.why.verdict_changed.v1" }

// Type is the CloudEvents type of AgentsOffered.
func (AgentsOffered) Type() string { return "taurus.offers.agents_offered.v1" }

// Type is the CloudEvents type of RequestAnswered.
func (RequestAnswered) Type() string { return "taurus.audit.request_answered.v1" }

// Type is the CloudEvents type of TokenUsed.
func (TokenUsed) Type() string { return "taurus.audit.token_used.v1" }

// Type is the CloudEvents type of LogSealed.
func (LogSealed) Type() string { return "taurus.log.sealed.v1" }

// Type is the CloudEvents type of LossAccepted.
func (LossAccepted) Type() string { return "taurus.log.loss_accepted.v1" }

// Type is the CloudEvents type of LogCreated.
func (LogCreated) Type() string { return "taurus.log.created.v1" }

// Type is the CloudEvents type of SequenceSkipped.
func (SequenceSkipped) Type() string { return "taurus.log.sequence_skipped.v1" }

// Type is the type that the event came with.
func (u Unknown) Type() string { return u.TypeName }

func (JobSubmitted) event()        {}
func (JobScaled) event()           {}
func (JobStopped) event()          {}
func (ScheduleSteered) event()     {}
func (RunRequested) event()        {}
func (RunDue) event()              {}
func (JobDeleted) event()          {}
func (JobUpdated) event()          {}
func (KillRequested) event()       {}
func (JobRestarted) event()        {}
func (RolloutSteered) event()      {}
func (VersionTagged) event()       {}
func (RolloutEnded) event()        {}
func (RolloutReverted) event()     {}
func (TasksPlanned) event()        {}
func (TasksDoomed) event()         {}
func (JobCompleted) event()        {}
func (JobFailed) event()           {}
func (JobExpired) event()          {}
func (TaskStaged) event()          {}
func (TaskWithdrawn) event()       {}
func (TaskAdopted) event()         {}
func (TaskStatusChanged) event()   {}
func (KillIssued) event()          {}
func (LauncherElected) event()     {}
func (FrameworkRegistered) event() {}
func (SubscriptionOpened) event()  {}
func (SubscriptionClosed) event()  {}
func (TasksListed) event()         {}
func (AgentUnavailable) event()    {}
func (AgentDrained) event()        {}
func (AgentRestored) event()       {}
func (TokenCreated) event()        {}
func (TokenRevoked) event()        {}
func (RoleSet) event()             {}
func (RoleRemoved) event()         {}
func (GroupBound) event()          {}
func (PolicySet) event()           {}
func (VerdictChanged) event()      {}
func (AgentsOffered) event()       {}
func (RequestAnswered) event()     {}
func (TokenUsed) event()           {}
func (LogSealed) event()           {}
func (LossAccepted) event()        {}
func (LogCreated) event()          {}
func (SequenceSkipped) event()     {}
func (Unknown) event()             {}
