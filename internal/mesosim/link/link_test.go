package link_test

import (
	"encoding/json"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// Messages inside of messages survive, numbers of enums that mesos-go does not
// know included.
func TestProtoSurvives(t *testing.T) {
	unknown := mesos.TaskStatus_Reason(99)
	in := link.FromAgent{Update: &link.Update{FrameworkID: "f", Latest: mesos.TASK_RUNNING}}
	in.Update.Status.Value = mesos.TaskStatus{
		TaskID: mesos.TaskID{Value: "t"}, State: mesos.TASK_STARTING.Enum(), Reason: &unknown, Data: []byte{0, 255},
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out link.FromAgent
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if out.Update == nil || !out.Update.Status.Value.Equal(in.Update.Status.Value) || out.Update.Latest != in.Update.Latest {
		t.Errorf("%s became %+v", text, out.Update)
	}
}

func TestBrokenProtoIsRefused(t *testing.T) {
	for _, text := range []string{`"AA=="`, `"*"`, `1`, `""`} {
		var p link.TaskStatus
		if err := json.Unmarshal([]byte(text), &p); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// FuzzMessages: no text makes the decoders of either side panic.
func FuzzMessages(f *testing.F) {
	f.Add([]byte(`[{"pong":true},{"update":{"framework_id":"f","status":"CgMKAXQQAQ==","latest":1}}]`))
	f.Add([]byte(`{"agent":"CgFh","tasks":[{"info":"CgFh"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var list []link.FromAgent
		_ = json.Unmarshal(text, &list)
		var r link.Register
		_ = json.Unmarshal(text, &r)
		var m link.ToAgent
		if json.Unmarshal(text, &m) == nil && m.Launch != nil {
			_ = m.Launch.Task.Value.String()
		}
	})
}
