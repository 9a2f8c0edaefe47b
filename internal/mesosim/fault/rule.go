package fault

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// Action is what goes wrong.
type Action string

// The actions. Those of calls and events strike whatever the rule matches; those
// of agents hold from the moment they are added.
const (
	// Delay lets a call or an event come later by For. Other connections go ahead
	// of it; the events behind it wait, for a stream keeps its order.
	Delay Action = "delay"
	// Reorder holds a call until one of type After has had its effect on another
	// connection, and no longer than For, which is 10 s if it is not given.
	Reorder Action = "reorder"
	// LoseBefore breaks the connection before the call has any effect.
	LoseBefore Action = "lose_before"
	// LoseAfter lets the call have its effect and breaks the connection.
	LoseAfter Action = "lose_after"
	// LoseAnswer lets the call have its effect; the answer never comes.
	LoseAnswer Action = "lose_answer"
	// Duplicate sends an event twice.
	Duplicate Action = "duplicate"
	// Drop leaves an event out.
	Drop Action = "drop"
	// Kill ends an agent as SIGKILL would: its tasks go on.
	Kill Action = "kill"
	// Start starts an agent that was killed.
	Start Action = "start"
	// Partition cuts an agent off, silently, for For or until the rule is deleted.
	Partition Action = "partition"
	// Slow makes every message from and to an agent take For.
	Slow Action = "slow"
)

// MaxRules bounds how many rules there can be at a time.
const MaxRules = 1000

// defaultHold is how long Reorder waits at most.
const defaultHold = 10 * time.Second

const always = 100

// Rule is one fault. Exactly one of Call, Event and Agent is given.
type Rule struct {
	// ID is given by Add.
	ID string `json:"id,omitempty"`
	// Call is the type of the scheduler calls it strikes ("ACCEPT"), * for all.
	Call string `json:"call,omitempty"`
	// Event is the type of the events it strikes ("UPDATE"), * for all.
	Event string `json:"event,omitempty"`
	// Agent is a pattern (path.Match) of the host names, ids or addresses (ip:port)
	// of agents; for Kill and Start of the names that their process gives them, or
	// of their addresses.
	Agent string `json:"agent,omitempty"`
	// Connection is a pattern of the remote addresses that calls and events are
	// struck on; none means all.
	Connection string `json:"connection,omitempty"`
	// Resent limits a rule for UPDATE to those that an agent sends until they are
	// acknowledged: what can get lost though no connection breaks.
	Resent bool     `json:"resent,omitempty"`
	Action Action   `json:"action"`
	For    Duration `json:"for,omitzero"`
	// After is the type of call that goes ahead of a reordered one.
	After string `json:"after,omitempty"`
	// Chance of striking, out of a hundred; 0 means always.
	Chance int `json:"chance,omitempty"`
	// Times is how often it strikes before it is gone; 0 means without end.
	Times int `json:"times,omitempty"`
	// Hits is how often it has struck.
	Hits int `json:"hits"`
}

// Decode reads a rule from JSON; the error is ErrRule.
func Decode(text []byte) (Rule, error) {
	var r Rule
	if err := json.Unmarshal(text, &r); err != nil {
		return Rule{}, fmt.Errorf("%w: %w", ErrRule, err)
	}
	r.ID, r.Hits = "", 0
	return r, r.check()
}

// check refuses what cannot strike.
func (r *Rule) check() error {
	given := 0
	for _, s := range []string{r.Call, r.Event, r.Agent} {
		if s != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return fmt.Errorf("%w: give exactly one of call, event and agent", ErrRule)
	case r.Chance < 0 || r.Chance > always:
		return fmt.Errorf("%w: chance %d is not from 0 to 100", ErrRule, r.Chance)
	case r.Times < 0:
		return fmt.Errorf("%w: times %d is negative", ErrRule, r.Times)
	case r.For < 0:
		return fmt.Errorf("%w: for is negative", ErrRule)
	}
	for _, p := range []struct{ field, pattern string }{{"agent", r.Agent}, {"connection", r.Connection}} {
		if _, err := path.Match(p.pattern, ""); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrRule, p.field, err)
		}
	}
	return r.checkAction()
}

func (r *Rule) checkAction() error {
	switch r.Action {
	case Delay, Slow:
		if r.For == 0 {
			return fmt.Errorf("%w: %s needs for, such as \"2s\"", ErrRule, r.Action)
		}
	case Reorder:
		if !isCall(r.After) {
			return fmt.Errorf("%w: after must be the type of the call that goes ahead, not %q", ErrRule, r.After)
		}
	case LoseBefore, LoseAfter, LoseAnswer, Duplicate, Drop, Kill, Start, Partition:
	default:
		return fmt.Errorf("%w: action %q is none", ErrRule, r.Action)
	}
	return r.checkTarget()
}

func (r *Rule) checkTarget() error {
	switch {
	case r.Call != "" && r.Call != "*" && !isCall(r.Call):
		return fmt.Errorf("%w: call %q is no type of call", ErrRule, r.Call)
	case r.Resent && r.Event != scheduler.Event_UPDATE.String():
		return fmt.Errorf("%w: resent is for the event UPDATE", ErrRule)
	case r.Event != "" && r.Event != "*" && !isEvent(r.Event):
		return fmt.Errorf("%w: event %q is no type of event", ErrRule, r.Event)
	case r.Call != "" && !r.Action.among(Delay, Reorder, LoseBefore, LoseAfter, LoseAnswer),
		r.Event != "" && !r.Action.among(Delay, Duplicate, Drop),
		r.Agent != "" && !r.Action.among(Kill, Start, Partition, Slow):
		return fmt.Errorf("%w: action %s is for something else", ErrRule, r.Action)
	}
	return nil
}

func (a Action) among(list ...Action) bool { return slices.Contains(list, a) }

func isCall(name string) bool {
	_, ok := scheduler.Call_Type_value[name]
	return ok && name != scheduler.Call_UNKNOWN.String()
}

func isEvent(name string) bool {
	_, ok := scheduler.Event_Type_value[name]
	return ok && name != scheduler.Event_UNKNOWN.String()
}

// matches reports whether a pattern is that of one of the names; none is of all.
func matches(pattern string, names ...string) bool {
	if pattern == "" {
		return true
	}
	for _, n := range names {
		if ok, err := path.Match(pattern, n); ok && err == nil {
			return true
		}
	}
	return false
}
