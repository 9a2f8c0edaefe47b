package events

// LauncherElected says that a launcher took over its shard. Its own sequence is the
// epoch; launcher events of any other epoch after it do not count.
type LauncherElected struct {
	// Nonce tells apart two candidates that appended at once.
	Nonce    string `json:"nonce"`
	Instance string `json:"instance"`
	Additive
}

// FrameworkRegistered says that Mesos gave the framework its id.
type FrameworkRegistered struct {
	FrameworkID string `json:"framework_id"`
	Additive
}

// SubscriptionOpened says that the launcher holds a subscription. Any process that
// knows the stream id may send calls in its name; the reaper does.
type SubscriptionOpened struct {
	FrameworkID string `json:"framework_id"`
	StreamID    string `json:"stream_id"`
	Master      string `json:"master"` // base URL
	MasterID    string `json:"master_id,omitempty"`
	Additive
}

// SubscriptionClosed says that the subscription ended, and why.
type SubscriptionClosed struct {
	StreamID string `json:"stream_id"`
	Reason   string `json:"reason"`
	Additive
}

// TasksListed says that Mesos has listed all that it runs, after a part of the log was
// lost, and that the log holds by now whatever it did not know of that. It is a fact.
type TasksListed struct {
	Loss  uint64 `json:"loss"`  // the sequence of the LossAccepted
	Tasks uint32 `json:"tasks"` // how many there were
	Additive
}
