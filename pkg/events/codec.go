package events

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	// ErrUnknownMajor is returned for a known event in a major version that this
	// program does not know: folding on would misread the log.
	ErrUnknownMajor = errors.New("event has another major version than this program knows")
	// ErrBody is returned when the body of a known event is not what its type says.
	ErrBody = errors.New("malformed event body")
	// errNull: the JSON package takes null for an empty struct, but a body is an
	// object.
	errNull = errors.New("null is no event")
)

// Encode makes a message of an event, with its checksum. Two calls with equal
// arguments give equal bytes.
func Encode(subject string, env Envelope, ev Event) (Message, error) {
	data, err := encodeBody(ev)
	if err != nil {
		return Message{}, fmt.Errorf("encode %s: %w", ev.Type(), err)
	}
	m := Message{Subject: subject, Header: env.header(ev.Type()), Data: data}
	m.Header[HeaderSum] = sumText(Sum(m))
	return m, nil
}

func encodeBody(ev Event) ([]byte, error) {
	if u, ok := ev.(Unknown); ok {
		return u.Data.Clone(), nil
	}
	// What Mesos, agents and executors say is not always UTF-8. A character that
	// is lost is better than a status that can never be written down.
	return json.Marshal(ev, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

// Decode reads a message. A type that is not known gives Unknown; members that
// are not known are kept in Additive. It returns ErrEnvelope, ErrBody or
// ErrUnknownMajor for anything it must not skip.
func Decode(m Message) (Envelope, Event, error) {
	env, err := parseEnvelope(m.Header)
	if err != nil {
		return env, nil, err
	}
	name := m.Header[HeaderType]
	if name == "" {
		return env, nil, fmt.Errorf("%w: header %s is missing", ErrEnvelope, HeaderType)
	}
	decode, known := decoders[name]
	if !known {
		if newerMajor(name) {
			return env, nil, fmt.Errorf("%w: %s", ErrUnknownMajor, name)
		}
		return env, Unknown{TypeName: name, Data: jsontext.Value(m.Data).Clone()}, nil
	}
	ev, err := decode(m.Data)
	if err != nil {
		return env, nil, fmt.Errorf("%w: %s: %w", ErrBody, name, err)
	}
	return env, ev, nil
}

// newerMajor reports whether a name is a known event in another major version.
func newerMajor(name string) bool {
	base, ok := cutMajor(name)
	if !ok {
		return false
	}
	for known := range decoders {
		if knownBase, _ := cutMajor(known); knownBase == base {
			return true
		}
	}
	return false
}

// cutMajor cuts the major version off a name, however large the number is.
func cutMajor(name string) (base string, ok bool) {
	base = strings.TrimRight(name, "0123456789")
	if base == name {
		return "", false
	}
	return strings.CutSuffix(base, ".v")
}

// decoders is the registry of known types.
//
//nolint:gochecknoglobals // Never written after start.
var decoders = map[string]func([]byte) (Event, error){
	JobSubmitted{}.Type():        decoder[JobSubmitted](),
	JobScaled{}.Type():           decoder[JobScaled](),
	JobStopped{}.Type():          decoder[JobStopped](),
	ScheduleSteered{}.Type():     decoder[ScheduleSteered](),
	RunRequested{}.Type():        decoder[RunRequested](),
	RunDue{}.Type():              decoder[RunDue](),
	JobDeleted{}.Type():          decoder[JobDeleted](),
	JobUpdated{}.Type():          decoder[JobUpdated](),
	KillRequested{}.Type():       decoder[KillRequested](),
	JobRestarted{}.Type():        decoder[JobRestarted](),
	RolloutSteered{}.Type():      decoder[RolloutSteered](),
	VersionTagged{}.Type():       decoder[VersionTagged](),
	RolloutEnded{}.Type():        decoder[RolloutEnded](),
	RolloutReverted{}.Type():     decoder[RolloutReverted](),
	TasksPlanned{}.Type():        decoder[TasksPlanned](),
	TasksDoomed{}.Type():         decoder[TasksDoomed](),
	JobCompleted{}.Type():        decoder[JobCompleted](),
	JobFailed{}.Type():           decoder[JobFailed](),
	JobExpired{}.Type():          decoder[JobExpired](),
	TaskStaged{}.Type():          decoder[TaskStaged](),
	TaskWithdrawn{}.Type():       decoder[TaskWithdrawn](),
	TaskAdopted{}.Type():         decoder[TaskAdopted](),
	TaskStatusChanged{}.Type():   decoder[TaskStatusChanged](),
	KillIssued{}.Type():          decoder[KillIssued](),
	LauncherElected{}.Type():     decoder[LauncherElected](),
	FrameworkRegistered{}.Type(): decoder[FrameworkRegistered](),
	SubscriptionOpened{}.Type():  decoder[SubscriptionOpened](),
	SubscriptionClosed{}.Type():  decoder[SubscriptionClosed](),
	TasksListed{}.Type():         decoder[TasksListed](),
	AgentUnavailable{}.Type():    decoder[AgentUnavailable](),
	AgentDrained{}.Type():        decoder[AgentDrained](),
	AgentRestored{}.Type():       decoder[AgentRestored](),
	TokenCreated{}.Type():        decoder[TokenCreated](),
	TokenRevoked{}.Type():        decoder[TokenRevoked](),
	RoleSet{}.Type():             decoder[RoleSet](),
	RoleRemoved{}.Type():         decoder[RoleRemoved](),
	GroupBound{}.Type():          decoder[GroupBound](),
	PolicySet{}.Type():           decoder[PolicySet](),
	VerdictChanged{}.Type():      decoder[VerdictChanged](),
	AgentsOffered{}.Type():       decoder[AgentsOffered](),
	RequestAnswered{}.Type():     decoder[RequestAnswered](),
	TokenUsed{}.Type():           decoder[TokenUsed](),
	LogSealed{}.Type():           decoder[LogSealed](),
	LossAccepted{}.Type():        decoder[LossAccepted](),
	LogCreated{}.Type():          decoder[LogCreated](),
	SequenceSkipped{}.Type():     decoder[SequenceSkipped](),
}

// decoder returns the decoder of a type. An event is decoded into a place that is
// used again, since it is copied when it becomes an Event: otherwise each would be
// made twice.
func decoder[E Event]() func([]byte) (Event, error) {
	places := sync.Pool{New: func() any { return new(E) }}
	return func(data []byte) (Event, error) {
		if jsontext.Value(data).Kind() == 'n' {
			return nil, errNull
		}
		place, _ := places.Get().(*E)
		defer func() {
			*place = *new(E) // What is in it belongs to the event now.
			places.Put(place)
		}()
		if err := json.Unmarshal(data, place); err != nil {
			return nil, err
		}
		return *place, nil
	}
}
