package machine

// Note is a line for the operators' log.
type Note struct {
	Level   Level
	Message string
	// Job and Task are what it is about, Sequence the record that led to it; empty
	// where there is none.
	Job, Task string
	Sequence  uint64
	// Err is what went wrong.
	Err    error
	Fields []Field
}

// Effect marks the type as one.
func (Note) Effect() {}

// Field is one more word of a note: a string, a number, a bool, a time or a
// duration.
type Field struct {
	Key   string
	Value any
}

// Level is how much a note matters.
type Level uint8

// The levels.
const (
	Debug Level = iota
	Info
	Warn
	Error
)

// String is for scripts.
func (l Level) String() string {
	switch l {
	case Debug:
		return "debug"
	case Info:
		return "info"
	case Warn:
		return "warn"
	case Error:
		return "error"
	}
	return "invalid"
}
