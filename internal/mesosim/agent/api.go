package agent

import (
	"errors"
	"io"
	"net/http"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/agent"

	"github.com/milosgajdos/taurus/internal/mesosim/validate"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// maxBody bounds a call.
const maxBody = 1 << 20

// The headers that say of what the records of a stream are.
const (
	headerMessageType   = "Message-Content-Type"
	headerMessageAccept = "Message-Accept"
)

// media are the types of one request and its answer. A stream of records has a
// type of its own, and one of its records.
type media struct {
	in, record, out string
}

func (m media) streams() bool { return m.in == wire.MediaRecordIO }

// api serves /api/v1 (7.2). The checks are in the order of Mesos.
func (a *Server) api(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		text(w, http.StatusMethodNotAllowed, "405 Method Not Allowed. Expecting one of { 'POST' }, but received '"+r.Method+"'.")
		return
	}
	m, fault := mediaOf(r.Header)
	if fault != nil {
		fault.answer(w)
		return
	}
	var call agent.Call
	if why := a.decode(http.MaxBytesReader(w, r.Body, maxBody), m, &call); why != "" {
		text(w, http.StatusBadRequest, why)
		return
	}
	if fault := m.fault(call.Type); fault != nil {
		fault.answer(w)
		return
	}
	res, status, why := a.answer(&call)
	if res == nil {
		text(w, status, why)
		return
	}
	b, err := a.codec.Encode(m.out, res)
	if err != nil {
		text(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", m.out)
	_, _ = w.Write(b)
}

func mediaOf(h http.Header) (media, *refusal) {
	if len(h.Values("Content-Type")) == 0 {
		return media{}, &refusal{http.StatusBadRequest, "Expecting 'Content-Type' to be present"}
	}
	const all = "application/json or application/x-protobuf or application/recordio"
	m := media{in: h.Get("Content-Type"), record: h.Get(headerMessageType)}
	switch m.in {
	case wire.MediaJSON, wire.MediaProtobuf:
		if len(h.Values(headerMessageType)) > 0 {
			return m, &refusal{http.StatusUnsupportedMediaType, "Expecting 'Message-Content-Type' to be not set for non-streaming requests"}
		}
		m.record = m.in
	case wire.MediaRecordIO:
		switch {
		case len(h.Values(headerMessageType)) == 0:
			return m, &refusal{http.StatusBadRequest, "Expecting 'Message-Content-Type' to be set for streaming requests"}
		case m.record != wire.MediaJSON && m.record != wire.MediaProtobuf:
			return m, &refusal{http.StatusUnsupportedMediaType, "Expecting 'Message-Content-Type' of application/json or application/x-protobuf"}
		}
	default:
		return m, &refusal{http.StatusUnsupportedMediaType, "Expecting 'Content-Type' of " + all}
	}
	m.out = wire.Negotiate(h.Values("Accept"), wire.MediaRecordIO)
	switch {
	case m.out == "":
		return m, &refusal{http.StatusNotAcceptable, "Expecting 'Accept' to allow " + all}
	case m.out == wire.MediaRecordIO && wire.Negotiate(h.Values(headerMessageAccept)) == "":
		return m, &refusal{http.StatusNotAcceptable, "Expecting 'Message-Accept' to allow application/json or application/x-protobuf"}
	case m.out != wire.MediaRecordIO && len(h.Values(headerMessageAccept)) > 0:
		return m, &refusal{http.StatusNotAcceptable, "Expecting 'Message-Accept' to be not set for non-streaming responses"}
	}
	return m, nil
}

// fault is why a call cannot be streamed, or has to be.
func (m media) fault(t agent.Call_Type) *refusal {
	attached := t == agent.Call_ATTACH_CONTAINER_INPUT
	switch {
	case m.streams() && !attached:
		return &refusal{
			http.StatusUnsupportedMediaType,
			"Streaming 'Content-Type' application/recordio is not supported for " + t.String() + " call",
		}
	case attached && !m.streams():
		return &refusal{http.StatusUnsupportedMediaType, "Expecting 'Content-Type' to be application/recordio for ATTACH_CONTAINER_INPUT call"}
	case m.out == wire.MediaRecordIO && t != agent.Call_ATTACH_CONTAINER_OUTPUT && t != agent.Call_LAUNCH_NESTED_CONTAINER_SESSION:
		return &refusal{http.StatusNotAcceptable, "Streaming response is not supported for " + t.String() + " call"}
	}
	return nil
}

// decode reads a call, of a stream the first record. It returns the text of a 400,
// or nothing.
func (a *Server) decode(in io.Reader, m media, call *agent.Call) string {
	var body []byte
	var err error
	if m.streams() {
		body, err = wire.NewRecordReader(in).Next()
	} else {
		body, err = io.ReadAll(in)
	}
	switch {
	case errors.Is(err, io.EOF):
		return "Received EOF while reading request body"
	case err != nil:
		return err.Error()
	}
	err = a.codec.Decode(m.record, body, call)
	switch {
	case errors.Is(err, wire.ErrProtobuf):
		return "Failed to parse body into a protobuf object"
	case errors.Is(err, wire.ErrSyntax):
		return "Failed to parse body into JSON: " + err.Error()
	case err != nil:
		return err.Error()
	}
	const typeField = 1
	why := callFault(call)
	if call.Type == agent.Call_UNKNOWN && !wire.HasUnknownType(m.record, body, typeField) {
		why = "Expecting 'type' to be present"
	}
	if why != "" {
		return "Failed to validate agent::Call: " + why
	}
	return ""
}

// callFault checks that what a call's type names is there, and its container.
func callFault(c *agent.Call) string {
	var there bool
	var id *mesos.ContainerID
	nested := false
	switch c.Type {
	case agent.Call_GET_METRICS:
		there = c.GetMetrics != nil
	case agent.Call_SET_LOGGING_LEVEL:
		there = c.SetLoggingLevel != nil
	case agent.Call_LIST_FILES:
		there = c.ListFiles != nil
	case agent.Call_READ_FILE:
		there = c.ReadFile != nil
	case agent.Call_LAUNCH_NESTED_CONTAINER:
		if there, nested = c.LaunchNestedContainer != nil, true; there {
			id = &c.LaunchNestedContainer.ContainerID
		}
	case agent.Call_LAUNCH_NESTED_CONTAINER_SESSION:
		if there, nested = c.LaunchNestedContainerSession != nil, true; there {
			id = &c.LaunchNestedContainerSession.ContainerID
		}
	case agent.Call_WAIT_NESTED_CONTAINER:
		if there, nested = c.WaitNestedContainer != nil, true; there {
			id = &c.WaitNestedContainer.ContainerID
		}
	case agent.Call_KILL_NESTED_CONTAINER:
		if there, nested = c.KillNestedContainer != nil, true; there {
			id = &c.KillNestedContainer.ContainerID
		}
	case agent.Call_ATTACH_CONTAINER_OUTPUT:
		if there = c.AttachContainerOutput != nil; there {
			id = &c.AttachContainerOutput.ContainerID
		}
	case agent.Call_ATTACH_CONTAINER_INPUT:
		return inputFault(c.AttachContainerInput)
	default:
		return ""
	}
	part := strings.ToLower(c.Type.String())
	if !there {
		return "Expecting '" + part + "' to be present"
	}
	if id == nil {
		return ""
	}
	if why := containerFault(id); why != "" {
		return "'" + part + ".container_id' is invalid: " + why
	}
	if nested && id.Parent == nil {
		return "Expecting '" + part + ".container_id.parent' to be present"
	}
	return ""
}

func inputFault(in *agent.Call_AttachContainerInput) string {
	switch {
	case in == nil:
		return "Expecting 'attach_container_input' to be present"
	case in.Type == agent.Call_AttachContainerInput_UNKNOWN:
		return "Expecting 'attach_container_input.type' to be present"
	case in.Type == agent.Call_AttachContainerInput_PROCESS_IO:
		return ""
	}
	id := in.ContainerID
	if id == nil {
		id = &mesos.ContainerID{}
	}
	if why := containerFault(id); why != "" {
		return "'attach_container_input.container_id' is invalid: " + why
	}
	return ""
}

// longestContainer is the longest id of a container, in bytes.
const longestContainer = 242

func containerFault(id *mesos.ContainerID) string {
	if why := validate.ID(id.Value); why != "" {
		return why
	}
	switch {
	case len(id.Value) > longestContainer:
		return "'ContainerID.value' '" + id.Value + "' exceeds the maximum length (242)"
	case strings.ContainsAny(id.Value, ". "):
		return "'ContainerID.value' '" + id.Value + "' contains invalid characters"
	case id.Parent == nil:
		return ""
	}
	if why := containerFault(id.Parent); why != "" {
		return "'ContainerID.parent' is invalid: " + why
	}
	return ""
}
