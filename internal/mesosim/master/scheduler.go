package master

import (
	"net/http"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

const headerStream = "Mesos-Stream-Id"

// typeField is the number of Call.type.
const typeField = 2

// scheduler serves /api/v1/scheduler; the checks are in the order of 1.1.
func (s *Server) scheduler(w http.ResponseWriter, r *http.Request) {
	principal, ok := s.authenticate(w, r)
	if !ok || !s.leads(w, r) || !only(w, r, http.MethodPost) {
		return
	}
	var call scheduler.Call
	media, body, ok := s.decode(w, r, &call)
	if !ok {
		return
	}
	present := call.Type != scheduler.Call_UNKNOWN || wire.HasUnknownType(media, body, typeField)
	if why := callFault(&call, present, principal); why != "" {
		text(w, http.StatusBadRequest, "Failed to validate scheduler::Call: "+why)
		return
	}
	if call.Type == scheduler.Call_SUBSCRIBE || call.Type == scheduler.Call_RECONCILE_OPERATIONS {
		if accepted(r) == "" {
			text(w, http.StatusNotAcceptable, notAcceptable)
			return
		}
	}
	if call.Type == scheduler.Call_SUBSCRIBE {
		s.subscribe(w, r, call.Subscribe, principal)
		return
	}
	s.call(w, r, &call, principal)
}

// streamOf is the stream that a call says it belongs to; nil if it says nothing.
func streamOf(r *http.Request) *string {
	if all := r.Header.Values(headerStream); len(all) > 0 {
		return &all[0]
	}
	return nil
}

// subscribe opens the event stream; what is wrong with the framework is said on
// it (1.3).
func (s *Server) subscribe(w http.ResponseWriter, r *http.Request, call *scheduler.Call_Subscribe, principal string) {
	if streamOf(r) != nil {
		text(w, http.StatusBadRequest, "Subscribe calls should not include the 'Mesos-Stream-Id' header")
		return
	}
	media, stream := accepted(r), newStreamID()
	w.Header().Set("Content-Type", media)
	w.Header().Set(headerStream, stream)
	out := newOutbox[*scheduler.Event]()
	s.do(func(now time.Time, m *core.Master) {
		s.streams[stream] = out
		s.metrics.call(&scheduler.Call{Type: scheduler.Call_SUBSCRIBE, Subscribe: call})
		m.Subscribe(now, stream, call, principal)
	})
	pump(w, r, out, func(e *scheduler.Event) ([]byte, error) { return s.codec.Encode(media, e) })
	s.do(func(now time.Time, m *core.Master) {
		delete(s.streams, stream)
		m.Disconnected(now, stream)
	})
}

// pump writes what comes out of an outbox as records, until it is closed or the
// reader is gone.
func pump[T any](w http.ResponseWriter, r *http.Request, out *outbox[T], encode func(T) ([]byte, error)) {
	w.WriteHeader(http.StatusOK)
	c := http.NewResponseController(w)
	if c.Flush() != nil {
		return
	}
	for {
		items, ok := out.take(r.Context())
		if !ok {
			return
		}
		for _, item := range items {
			record, err := encode(item)
			if err != nil {
				return
			}
			if _, err := w.Write(wire.Frame(record)); err != nil {
				return
			}
			if c.Flush() != nil {
				return
			}
		}
	}
}

// call carries out any other call; its faults beyond the checks become events.
func (s *Server) call(w http.ResponseWriter, r *http.Request, call *scheduler.Call, principal string) {
	var refusal *core.Refusal
	status, body := http.StatusAccepted, ""
	s.do(func(now time.Time, m *core.Master) {
		var sub core.Subscriber
		sub, refusal = m.Authorise(call.GetFrameworkID().GetValue(), streamOf(r), principal)
		if refusal != nil {
			return
		}
		s.metrics.call(call)
		sub.Called(call.Type)
		status, body = dispatch(now, m, sub, call)
	})
	switch {
	case refusal != nil:
		text(w, refusal.Status, refusal.Text)
	case body != "":
		text(w, status, body)
	default:
		w.WriteHeader(status)
	}
}

func dispatch(now time.Time, m *core.Master, sub core.Subscriber, call *scheduler.Call) (status int, body string) {
	switch call.Type {
	case scheduler.Call_UNKNOWN, scheduler.Call_SUBSCRIBE:
		return http.StatusNotImplemented, "501 Not Implemented."
	case scheduler.Call_UPDATE_FRAMEWORK:
		if why := m.UpdateFramework(sub, call.UpdateFramework); why != "" {
			return http.StatusBadRequest, why
		}
		return http.StatusOK, ""
	case scheduler.Call_TEARDOWN:
		m.Teardown(now, call.FrameworkID.Value)
	case scheduler.Call_ACCEPT:
		m.Accept(now, sub, call.Accept)
	case scheduler.Call_DECLINE:
		m.Decline(now, sub, call.Decline)
	case scheduler.Call_REVIVE:
		m.Revive(sub, call.GetRevive().GetRoles())
	case scheduler.Call_SUPPRESS:
		m.Suppress(sub, call.GetSuppress().GetRoles())
	case scheduler.Call_KILL:
		m.Kill(now, sub, call.Kill)
	case scheduler.Call_SHUTDOWN:
		m.ShutdownExecutor(sub, call.Shutdown)
	case scheduler.Call_ACKNOWLEDGE:
		m.Acknowledge(now, sub, call.Acknowledge)
	case scheduler.Call_ACKNOWLEDGE_OPERATION_STATUS:
		m.AcknowledgeOperation(now, sub, call.AcknowledgeOperationStatus)
	case scheduler.Call_RECONCILE:
		m.Reconcile(now, sub, call.Reconcile)
	case scheduler.Call_RECONCILE_OPERATIONS:
		m.ReconcileOperations(sub, call.ReconcileOperations)
	case scheduler.Call_ACCEPT_INVERSE_OFFERS:
		m.AcceptInverse(now, sub, call.AcceptInverseOffers)
	case scheduler.Call_DECLINE_INVERSE_OFFERS:
		m.DeclineInverse(now, sub, call.DeclineInverseOffers)
	case scheduler.Call_MESSAGE, scheduler.Call_REQUEST:
		// Docker and command executors ignore messages, the allocator requests.
	}
	return http.StatusAccepted, ""
}
