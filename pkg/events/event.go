package events

import "github.com/go-json-experiment/json/jsontext"

// Event is something that happened. The set is closed: a program that meets a
// type it does not know gets Unknown.
//
//sumtype:decl
type Event interface {
	// Type is the CloudEvents type, "taurus.<aggregate>.<what happened>.v<major>".
	Type() string
	event()
}

// Additive keeps members that a newer program added, so that an older one that
// decodes and encodes an event loses nothing of it. Of the parts of an event
// (SlotRange, Resources, NearestMiss) they are skipped.
type Additive struct {
	Rest jsontext.Value `json:",embed"`
}

// Unknown is an event of a type that this program does not know. It is kept and
// skipped.
type Unknown struct {
	TypeName string
	Data     jsontext.Value
}
