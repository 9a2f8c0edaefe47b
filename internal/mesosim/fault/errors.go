package fault

import "errors"

var (
	// ErrRule is returned for a rule that says nothing that can be done; the text
	// names the field.
	ErrRule = errors.New("fault")
	// ErrNoAgents is returned for killing or starting an agent of another
	// process: end the process instead.
	ErrNoAgents = errors.New("agents run in processes of their own: send them a signal instead")
	// ErrRuleLimit is returned when there are MaxRules rules already.
	ErrRuleLimit = errors.New("too many faults: delete some first")
)
