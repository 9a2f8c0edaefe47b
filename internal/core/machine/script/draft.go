package script

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// subject reads "job/web" as a subject of the log.
func subject(space events.Space, text string) (string, error) {
	switch text {
	case "launcher":
		return space.Launcher(0), nil
	case "seal":
		return events.SealSubject, nil
	case "log":
		return events.LogSubject, nil
	case "agents":
		return events.AgentsSubject, nil
	case "access":
		return events.AccessSubject, nil
	}
	if text == "offers" {
		return space.Offers(0), nil
	}
	role, rest, found := strings.Cut(text, "/")
	switch {
	case found && role == "job":
		return space.Job(rest), nil
	case found && role == "plan":
		return space.Plan(rest), nil
	case found && role == "kill":
		return space.Kill(rest), nil
	case found && role == "why":
		return space.Why(rest), nil
	case found && role == "task":
		if at := strings.LastIndexByte(rest, '/'); at > 0 {
			if n, err := strconv.ParseUint(rest[at+1:], 10, 32); err == nil {
				return space.Task(rest[:at], uint32(n)), nil
			}
		}
	}
	return "", fmt.Errorf("%q is no subject: want job/<job>, plan/<job>, kill/<job>, why/<job>, task/<job>/<slot>, launcher, offers, agents, access, seal or log", text)
}

// subjectText is the inverse of subject.
func subjectText(full string) string {
	s, err := events.ParseSubject(full)
	if err != nil {
		return strconv.Quote(full)
	}
	switch s.Role {
	case events.RoleLauncher:
		return "launcher"
	case events.RoleOffers, events.RoleAgents, events.RoleAccess, events.RoleAudit, events.RoleSeal, events.RoleLog:
		return string(s.Role)
	case events.RoleTask:
		return fmt.Sprintf("task/%s/%d", s.Job, s.Slot)
	case events.RoleJob, events.RolePlan, events.RoleKill, events.RoleWhy:
	}
	return string(s.Role) + "/" + s.Job
}

// event reads the type and the body of an event.
func event(name, body string) (events.Event, error) {
	message := events.Message{Header: map[string]string{
		events.HeaderSpecVersion: "1.0", events.HeaderID: "script", events.HeaderSource: "script",
		events.HeaderTime: "2026-01-01T00:00:00Z", events.HeaderType: "taurus." + name + ".v1",
	}, Data: []byte(body)}
	_, ev, err := events.Decode(message)
	if err != nil {
		return nil, err
	}
	if _, unknown := ev.(events.Unknown); unknown {
		return nil, fmt.Errorf("no event is called %s", name)
	}
	return ev, nil
}

// eventText is the type and the body of an event.
func eventText(ev events.Event) string {
	m, err := events.Encode("", events.Envelope{}, ev)
	if err != nil {
		return "error: " + err.Error()
	}
	return strings.TrimSuffix(strings.TrimPrefix(ev.Type(), "taurus."), ".v1") + " " + string(m.Data)
}

// draftText is a draft in a line.
func (w writer) draftText(d machine.Draft) string {
	text := subjectText(d.Subject)
	if d.Conditional {
		text += "@" + strconv.FormatUint(d.Last, 10)
	}
	return text + " " + eventText(d.Event) + w.envelopeText(d.Envelope)
}

// envelopeText leaves out what the machine says of itself every time.
func (w writer) envelopeText(e events.Envelope) string {
	text := ""
	for _, f := range []struct{ key, value string }{
		{"id", e.ID},
		{"source", e.Source},
		{"actor", e.Actor},
		{"for", e.OnBehalfOf},
		{"trace", e.TraceParent},
		{"cause", number(e.Cause)},
		{"epoch", number(e.Epoch)},
		{"counter", number(e.Counter)},
	} {
		if f.value == "" || f.key == "source" && f.value == w.source {
			continue
		}
		text += " " + f.key + "=" + word(f.value)
	}
	if !e.Time.Equal(w.now) {
		text += " time=" + w.timeText(e.Time)
	}
	return text
}

func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}
