package events

// RoleOf is the role on whose subjects an event of that type stands, each type on
// those of one; it is empty for Unknown, which may stand anywhere.
func RoleOf(ev Event) Role {
	switch ev.(type) {
	case JobSubmitted, JobScaled, JobUpdated, JobRestarted, KillRequested, RolloutSteered, VersionTagged, JobStopped, ScheduleSteered, RunRequested, JobDeleted:
		return RoleJob
	case TasksPlanned, TasksDoomed, RolloutEnded, RolloutReverted, RunDue, JobCompleted, JobFailed, JobExpired:
		return RolePlan
	case TaskStaged, TaskWithdrawn, TaskAdopted, TaskStatusChanged:
		return RoleTask
	case KillIssued:
		return RoleKill
	case LauncherElected, FrameworkRegistered, SubscriptionOpened, SubscriptionClosed, TasksListed, AgentUnavailable:
		return RoleLauncher
	case AgentDrained, AgentRestored:
		return RoleAgents
	case TokenCreated, TokenRevoked, RoleSet, RoleRemoved, GroupBound, PolicySet:
		return RoleAccess
	case VerdictChanged:
		return RoleWhy
	case RequestAnswered, TokenUsed:
		return RoleAudit
	case AgentsOffered:
		return RoleOffers
	case LogSealed:
		return RoleSeal
	case LogCreated, LossAccepted, SequenceSkipped:
		return RoleLog
	case Unknown:
	}
	return ""
}
