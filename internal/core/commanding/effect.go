package commanding

// Answer says what became of a command: the sequence at which it holds, which is
// folded, or why it was not carried out. Errors are those of submission, of this
// package, what the log said, or what the asker said when it gave up.
type Answer struct {
	Ticket   uint64
	Sequence uint64
	Err      error
}

// AskUsage asks how much of its space the log has used.
type AskUsage struct {
	Ticket uint64
}

// DropUsage says that nobody waits for the answer to AskUsage any more.
type DropUsage struct {
	Ticket uint64
}

// Weighed says what became known of the space of a log that has a limit, or had one:
// bytes used, bytes there are, 0 for any number, how many of them are reserved, and how
// many of those for ends.
type Weighed struct {
	Bytes, MaxBytes, Reserved, Ends uint64
}

// Begins reports whether there is space for anything new, be it ever so small.
func (w Weighed) Begins() bool {
	return w.MaxBytes == 0 || float64(w.Bytes) < BeginShare*float64(w.MaxBytes) && w.Bytes+w.Reserved < w.MaxBytes
}

// BeginsFrom is the limit from which on there is.
func (w Weighed) BeginsFrom() uint64 {
	return max(uint64(float64(w.Bytes)/BeginShare), w.Bytes+w.Reserved) + 1
}

// Survey is the jobs that are not over, by id, at a sequence.
type Survey struct {
	Ticket   uint64
	Sequence uint64
	Jobs     []string
}

// Count is for the metrics: a decision of this type was stored, or is not known to
// be.
type Count struct {
	Type   string
	Stored bool
}

// Effect marks the type as one.
func (Answer) Effect() {}

// Effect marks the type as one.
func (AskUsage) Effect() {}

// Effect marks the type as one.
func (DropUsage) Effect() {}

// Effect marks the type as one.
func (Weighed) Effect() {}

// Effect marks the type as one.
func (Survey) Effect() {}

// Effect marks the type as one.
func (Count) Effect() {}
