package master

import (
	"strings"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// metrics are counters by name; the lock of the server guards them.
type metrics map[string]float64

func (m metrics) call(t scheduler.Call_Type) {
	m["master/messages_"+strings.ToLower(t.String())]++
}

func (m metrics) event(e *scheduler.Event) {
	m["master/events/"+strings.ToLower(e.Type.String())]++
	if e.Type == scheduler.Event_UPDATE {
		m["master/status_updates/"+strings.ToLower(e.Update.Status.GetState().String())]++
	}
}
