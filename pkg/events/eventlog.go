package events

// LogSealed says what the hash of the log is up to a sequence, so that whoever
// folds the same records can tell that they are the same. Package chain computes it.
type LogSealed struct {
	// Through is the last sequence that the hash is over; it is before the seal's own.
	Through uint64 `json:"through"`
	// Hash is in hexadecimal digits, lower case.
	Hash string `json:"hash"`
	// Records is how many sequences there are from the one that the seal before is
	// through to Through.
	Records uint64 `json:"records"`
	Additive
}

// LossAccepted says that an operator knows the records of a range to be lost and wants
// the log to be folded without them.
type LossAccepted struct {
	From   uint64 `json:"from"`
	To     uint64 `json:"to"` // included
	Reason string `json:"reason"`
	Additive
}

// LogCreated says which log this is. It is the first record of a log that an operator
// made; one without it is fine.
type LogCreated struct {
	ID         string `json:"id"`
	Partitions uint32 `json:"partitions"`
	Additive
}

// SequenceSkipped stands at a sequence that a record had which is lost, so that no other
// ever gets it: runs, epochs and whoever reads on from a sequence go by them.
type SequenceSkipped struct {
	// To is the last one that is to be skipped.
	To uint64 `json:"to"`
	Additive
}
