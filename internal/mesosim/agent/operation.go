package agent

import (
	"bytes"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// apply takes the resources after an operation, and feeds its end back.
func (a *Server) apply(m *link.Apply) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.identity.Resources = m.Resources
	var fb *link.Feedback
	if m.OperationID != "" {
		fb = &link.Feedback{FrameworkID: m.FrameworkID, OperationID: m.OperationID, UUID: newUUID()}
		a.identity.Feedback = append(a.identity.Feedback, *fb)
	}
	if err := a.store.saveIdentity(a.identity); err != nil {
		a.fatal(err)
		return
	}
	if fb != nil {
		a.sendFeedback(*fb, time.Now())
	}
}

func (a *Server) ackOperation(m *link.AckOperation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.identity.Feedback = slices.DeleteFunc(a.identity.Feedback, func(f link.Feedback) bool {
		return f.OperationID == m.OperationID && bytes.Equal(f.UUID, m.UUID)
	})
	delete(a.feedback, string(m.UUID))
	if err := a.store.saveIdentity(a.identity); err != nil {
		a.fatal(err)
	}
}

// sendFeedback tells the end of an operation, and when to tell it again; the lock
// is held.
func (a *Server) sendFeedback(fb link.Feedback, now time.Time) {
	if a.session == nil {
		return
	}
	s := a.feedback[string(fb.UUID)]
	s.sent(now)
	a.feedback[string(fb.UUID)] = s
	a.session.post(link.FromAgent{Operation: &fb})
	a.retries.at(s.sendAt, a.retry)
}

// retryFeedback tells again what was not acknowledged in time; the lock is held.
func (a *Server) retryFeedback(now time.Time) {
	if a.session == nil {
		return
	}
	for _, fb := range a.identity.Feedback {
		if due := a.feedback[string(fb.UUID)].sendAt; now.Before(due) {
			a.retries.at(due, a.retry)
			continue
		}
		a.sendFeedback(fb, now)
	}
}

// resendFeedback tells all of it at once, as for the first time; the lock is held.
func (a *Server) resendFeedback() {
	clear(a.feedback)
	a.retryFeedback(time.Now())
}
