package job

import (
	"slices"
	"strconv"
	"strings"
)

// The variables that say where a task is reached. What the user sets under these names
// wins, as it did with Marathon: a program that is told its own port listens there.
const (
	VarHost  = "HOST"
	VarPort  = "PORT"
	VarPorts = "PORTS"
	// portPrefix begins PORT_<NAME>.
	portPrefix = "PORT_"
)

// The variables that say what a task is. They are taurus' own: what the user sets under
// these names has no effect.
const (
	VarTaskID  = "MESOS_TASK_ID"
	VarJob     = "TAURUS_JOB"
	VarGroup   = "TAURUS_GROUP"
	VarSlot    = "TAURUS_SLOT"
	VarIndex   = "TAURUS_INDEX"
	VarVersion = "TAURUS_VERSION"
	VarAttempt = "TAURUS_ATTEMPT"
	// OwnPrefix begins the names that taurus keeps for itself.
	OwnPrefix = "TAURUS_"
)

// PortNumberVariable is the variable of the i-th port, PORT0 that of the first.
func PortNumberVariable(i int) string { return VarPort + strconv.Itoa(i) }

// OwnVariable says what a variable tells that taurus or Mesos sets for every task whatever
// the user writes; it is empty for any other.
func OwnVariable(name string) string {
	switch name {
	case VarTaskID:
		return "the id of the task"
	case VarJob:
		return "the id of the job"
	case VarGroup:
		return "the name of the group"
	case VarSlot:
		return "the number of the slot"
	case VarIndex:
		return "the index of the task in its group"
	case VarVersion:
		return "the version of the job"
	case VarAttempt:
		return "the number of the attempt"
	case "MESOS_SANDBOX":
		return "the path of the sandbox"
	case "MESOS_CONTAINER_NAME":
		return "the name of the container"
	case "MESOS_ALLOCATION_ROLE":
		return "the Mesos role of the resources"
	}
	return ""
}

// replaced says what taurus would tell a task of the group in a variable, were it not the
// user's; it is empty for one that taurus leaves alone.
func (g *Group) replaced(name string) string {
	if name == VarHost {
		return "the name of its host"
	}
	if len(g.Ports) == 0 {
		return ""
	}
	switch name {
	case VarPort:
		return "the host's port for ports[0]"
	case VarPorts:
		return "the host's ports"
	}
	i := slices.IndexFunc(g.Ports, func(p Port) bool { return p.Name != "" && PortVariable(p.Name) == name })
	if number, ok := strings.CutPrefix(name, VarPort); ok && i < 0 {
		if n, err := strconv.Atoi(number); err == nil && n < len(g.Ports) && PortNumberVariable(n) == name {
			i = n
		}
	}
	if i < 0 {
		return ""
	}
	return "the host's port for " + index("ports", i)
}
