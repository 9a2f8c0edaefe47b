package offer

// Milli is an amount in thousandths. Mesos compares resources at three
// decimals; integers add up exactly where floats do not.
type Milli int64

// Resources is an amount of each scalar resource: CPUs in cores, Mem and Disk
// in MB, GPUs in whole devices, all in thousandths.
type Resources struct {
	CPUs, Mem, Disk, GPUs Milli
}

// PortRange is a range of ports, both ends included.
type PortRange struct {
	Begin, End uint32
}

// Attribute is one attribute of an agent, as text whatever its Mesos type
// (scalars as Mesos prints them, ranges and sets in Mesos' text form).
type Attribute struct {
	Name, Value string
}

// Offer is what one agent offers to one role.
type Offer struct {
	ID       string
	AgentID  string
	Hostname string
	// AgentURL is the base URL of the agent, "http://host:port"; logs are read there.
	AgentURL  string
	Role      string
	Resources Resources
	// Reserved is the part of Resources that is reserved for the role, or for a role that
	// it is a part of. It is used first, since nobody else could use it.
	Reserved   Resources
	Ports      []PortRange
	Attributes []Attribute
	// UnavailableFrom is the start of planned maintenance in Unix nanoseconds; 0 means none.
	UnavailableFrom int64
	// UnavailableUntil is its end; 0 means that it is not known.
	UnavailableUntil int64
}
