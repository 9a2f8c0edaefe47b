package events

import "time"

// NearestMiss is the offer that lacked least.
type NearestMiss struct {
	Hostname string `json:"hostname"`
	AgentID  string `json:"agent_id"`
	// Lacked says what was missing, one phrase each: "cpus: 2 wanted, 0.5 free".
	Lacked []string `json:"lacked"`
}

// VerdictChanged is why tasks of a group wait, recorded when it changes. It is in
// the verdict stream, not in the log, and decides nothing.
type VerdictChanged struct {
	Run     uint64 `json:"run"`
	Group   string `json:"group"`
	Waiting uint32 `json:"waiting"`
	// Sequence is the log's when the verdict was found.
	Sequence uint64 `json:"sequence"`
	// Offers is how many offers were looked at.
	Offers uint32 `json:"offers"`
	// Reasons counts the offers refused per reason ("cpus", "constraint hostname unique").
	Reasons map[string]uint32 `json:"reasons,omitempty"`
	// Summary says it in a sentence.
	Summary string       `json:"summary"`
	Nearest *NearestMiss `json:"nearest,omitempty"`
	// Code names in a word what keeps all of them from being looked at: "secret-missing"; absent
	// where it is the offers.
	Code string `json:"code,omitempty"`
	Additive
}

// AgentsOffered says what agents have for us, as their offers told last. It is in the
// verdict stream, not in the log, and decides nothing: foresight goes by it.
type AgentsOffered struct {
	// Sequence is the log's when the offers were looked at.
	Sequence uint64       `json:"sequence"`
	Agents   []AgentOffer `json:"agents"`
	Additive
}

// AgentOffer is one agent. What it has is what it offered, and what tasks of ours had
// there then.
type AgentOffer struct {
	AgentID   string    `json:"agent_id"`
	Hostname  string    `json:"hostname"`
	Role      string    `json:"role,omitempty"`
	Resources Resources `json:"resources"`
	// Ports are those that it has, too.
	Ports      []PortRange       `json:"ports,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	// UnavailableFrom is the start of planned maintenance; zero for none.
	UnavailableFrom time.Time `json:"unavailable_from,omitzero"`
}

// PortRange is a range of ports, both ends included.
type PortRange struct {
	From uint32 `json:"from"`
	To   uint32 `json:"to"`
}
