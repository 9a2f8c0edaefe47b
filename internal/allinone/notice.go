package allinone

import "fmt"

// Kind says what a notice is about.
type Kind uint8

// The kinds of notice.
const (
	// Ready: a process came up for the first time.
	Ready Kind = iota + 1
	// Restarted: a process died and another took its place.
	Restarted
	// Replaced: a process lived and was not able to do its work, so that it was
	// ended and another took its place.
	Replaced
	// Again: a process that took another's place came up.
	Again
	// Swept: a process that a killed supervisor left behind is being ended.
	Swept
	// Trouble: something went wrong that does not stop the supervisor.
	Trouble
)

// Notice is something worth telling the user.
type Notice struct {
	Kind Kind
	// Role and Name are the process'.
	Role, Name string
	// PID is the process'; of Restarted and Replaced that of the one before.
	PID int
	// NewPID is that of the one that took its place.
	NewPID int
	// Address is where it does its work.
	Address string
	// Why says more.
	Why string
}

// String is the notice in a line.
func (n Notice) String() string {
	switch n.Kind {
	case Ready:
		text := fmt.Sprintf("%s (pid %d) is ready", n.Name, n.PID)
		if n.Address != "" {
			text += " at " + n.Address
		}
		return text
	case Again:
		return fmt.Sprintf("%s (pid %d) is ready again", n.Name, n.PID)
	case Restarted:
		return fmt.Sprintf("%s (pid %d) died: %s; started again as pid %d", n.Name, n.PID, n.Why, n.NewPID)
	case Replaced:
		return fmt.Sprintf("%s (pid %d) was ended, as another start may mend it: %s; started again as pid %d", n.Name, n.PID, n.Why, n.NewPID)
	case Swept:
		return fmt.Sprintf("%s (pid %d) is left from a run that was killed; ending it", n.Name, n.PID)
	case Trouble:
		return n.Why
	}
	return ""
}
