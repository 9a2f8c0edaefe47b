package ready

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Level is how bad it is.
type Level uint8

// The levels of a check.
const (
	// OK: it is as it should be.
	OK Level = iota
	// Warn: the part does its work, but somebody should look.
	Warn
	// Fail: the part cannot do its work.
	Fail
)

// String is the level as it is written.
func (l Level) String() string {
	switch l {
	case OK:
		return "ok"
	case Warn:
		return "warn"
	case Fail:
		return "fail"
	}
	return fmt.Sprintf("level %d", uint8(l))
}

// MarshalText writes a level.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a level. One that is not known is Fail: somebody should
// look.
func (l *Level) UnmarshalText(text []byte) error {
	*l = Fail
	for _, known := range []Level{OK, Warn} {
		if string(text) == known.String() {
			*l = known
		}
	}
	return nil
}

// Check is one thing that was looked at.
type Check struct {
	Name  string `json:"check"`
	Level Level  `json:"level"`
	// Detail is what was found, and how to mend it, for people.
	Detail string `json:"detail,omitempty"`
	// Restart reports whether another start of the process may mend it.
	Restart bool `json:"restart,omitempty"`
}

// Work is the check of a service's own word: why it does not do its work, nil if it
// does.
func Work(why error) Check {
	c := Check{Name: CheckWork}
	if why != nil {
		c.Level, c.Detail = Fail, why.Error()
	}
	return c
}

// The checks that other parts look for by name.
const (
	// CheckWork: the service's own word, that it has caught up above all.
	CheckWork = "work"
	// CheckMesos: the launcher's subscription.
	CheckMesos = "mesos"
	// CheckWrite: the renewal of the presence, a write each time.
	CheckWrite = "write"
	// CheckAppend, CheckRead, CheckFold and CheckRoom are about the log.
	CheckAppend = "append"
	CheckRead   = "read"
	CheckFold   = "fold"
	CheckRoom   = "room"
	// CheckKills is of a planner: whether the bound on automatic kills holds any back.
	CheckKills = "kills"
	// CheckRecords: what the log holds that no program of taurus' writes.
	CheckRecords = "records"
	// CheckClock: the local clock against the log's.
	CheckClock = "clock"
)

// Report is all that a process says of itself.
type Report struct {
	Role    string    `json:"role"`
	Name    string    `json:"name"`
	Version string    `json:"version"`
	Started time.Time `json:"started_at"`
	// Sequence is the last one folded; 0 for a process that folds nothing.
	Sequence uint64 `json:"sequence,omitempty"`
	// Able is false if any check fails.
	Able   bool    `json:"ready"`
	Checks []Check `json:"checks,omitempty"`
}

// Add adds checks to a report that is being made.
func (r *Report) Add(checks ...Check) {
	for _, c := range checks {
		r.Able = r.Able && c.Level != Fail
		r.Checks = append(r.Checks, c)
	}
}

// Of returns the check of a name.
func (r *Report) Of(name string) (Check, bool) {
	for _, c := range r.Checks {
		if c.Name == name {
			return c, true
		}
	}
	return Check{}, false
}

// Why is what fails, in one line; empty if nothing does.
func (r *Report) Why() string {
	var why []string
	for _, c := range r.Checks {
		if c.Level == Fail {
			why = append(why, c.Detail)
		}
	}
	return strings.Join(why, "; ")
}

// Text is the report for people: whether the part is ready and, if not, why; then
// one line per check that has something to say.
func (r *Report) Text() string {
	var b strings.Builder
	if r.Able {
		b.WriteString("ready\n")
	} else {
		b.WriteString("not ready: " + r.Why() + "\n")
	}
	for _, c := range r.Checks {
		if c.Level != OK || c.Detail != "" {
			fmt.Fprintf(&b, "%-4s  %-6s  %s\n", c.Level, c.Name, c.Detail)
		}
	}
	return b.String()
}

// The bounds of what one process tells another.
const (
	// DetailMax is how much of a detail is told, in bytes, TextMax how much of a
	// name or version, ChecksMax how many checks.
	DetailMax = 1 << 10
	TextMax   = 256
	ChecksMax = 32
)

// Encode makes the report that is told to others: of the checks only those that
// are not OK, cut to the bounds.
func (r *Report) Encode() ([]byte, error) {
	told := *r
	told.Checks = nil
	for _, c := range r.Checks {
		if c.Level != OK {
			told.Checks = append(told.Checks, c)
		}
	}
	told.bound()
	data, err := json.Marshal(told)
	if err != nil {
		return nil, fmt.Errorf("ready: encode: %w", err)
	}
	return data, nil
}

// Decode reads what Encode wrote, or whoever wrote in its place: nothing of it is
// longer than the bounds.
func Decode(data []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, fmt.Errorf("ready: decode: %w", err)
	}
	r.bound()
	return r, nil
}

func (r *Report) bound() {
	r.Role, r.Name, r.Version = cut(r.Role, TextMax), cut(r.Name, TextMax), cut(r.Version, TextMax)
	r.Checks = r.Checks[:min(len(r.Checks), ChecksMax)]
	for i := range r.Checks {
		r.Checks[i].Name = cut(r.Checks[i].Name, TextMax)
		r.Checks[i].Detail = cut(r.Checks[i].Detail, DetailMax)
	}
}

// cut shortens a text to so many bytes, between letters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

// Round is a duration as details tell it.
func Round(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
