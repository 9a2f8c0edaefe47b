package allinone

// The roles, as `taurus serve` names them.
const (
	RoleNATS     = "nats"
	RoleMaster   = "mesos-master"
	RoleAgent    = "mesos-agent"
	RoleAPI      = "api"
	RolePlanner  = "planner"
	RoleLauncher = "launcher"
	RoleReaper   = "reaper"
)
