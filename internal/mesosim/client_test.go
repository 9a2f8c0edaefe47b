package mesosim_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/gogo/protobuf/proto"
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// framework is a scheduler that speaks protobuf.
type framework struct {
	t      *testing.T
	master string
	info   mesos.FrameworkInfo
	stream string
	events chan *scheduler.Event
	cancel context.CancelFunc
	offers map[string]mesos.Offer
	seen   map[string]bool // uuids of updates
}

func newInfo(caps ...mesos.FrameworkInfo_Capability_Type) mesos.FrameworkInfo {
	timeout, checkpoint := 3600.0, true
	info := mesos.FrameworkInfo{User: "root", Name: "test", FailoverTimeout: &timeout, Checkpoint: &checkpoint}
	for _, c := range append(caps, mesos.FrameworkInfo_Capability_PARTITION_AWARE) {
		info.Capabilities = append(info.Capabilities, mesos.FrameworkInfo_Capability{Type: c})
	}
	return info
}

func post(ctx context.Context, addr, stream string, call *scheduler.Call) (*http.Response, error) {
	body, err := proto.Marshal(call)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/api/v1/scheduler", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", wire.MediaProtobuf)
	req.Header.Set("Accept", wire.MediaProtobuf)
	if stream != "" {
		req.Header.Set("Mesos-Stream-Id", stream)
	}
	return (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
}

// subscribe opens a stream and waits for SUBSCRIBED. It is tried again while the
// master is not there.
func subscribe(t *testing.T, addr string, info mesos.FrameworkInfo) *framework {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	f := &framework{t: t, master: addr, info: info, events: make(chan *scheduler.Event, 1000), cancel: cancel, offers: map[string]mesos.Offer{}, seen: map[string]bool{}}
	call := &scheduler.Call{Type: scheduler.Call_SUBSCRIBE, FrameworkID: info.ID, Subscribe: &scheduler.Call_Subscribe{FrameworkInfo: &info}}
	var res *http.Response
	testwait.Until(t, "SUBSCRIBE is taken", func() bool {
		var err error
		res, err = post(ctx, addr, "", call) //nolint:bodyclose // The reader of the stream closes it.
		return err == nil && res.StatusCode == http.StatusOK
	})
	f.stream = res.Header.Get("Mesos-Stream-Id")
	go f.read(res)
	f.info.ID = f.wait(scheduler.Event_SUBSCRIBED).Subscribed.FrameworkID
	return f
}

func (f *framework) read(res *http.Response) {
	defer func() { _ = res.Body.Close() }()
	defer close(f.events)
	records := wire.NewRecordReader(res.Body)
	for {
		record, err := records.Next()
		if err != nil {
			return
		}
		var e scheduler.Event
		if proto.Unmarshal(record, &e) != nil {
			return
		}
		f.events <- &e
	}
}

// wait returns the next event of a type; offers on the way are kept.
func (f *framework) wait(want scheduler.Event_Type) *scheduler.Event {
	f.t.Helper()
	for {
		e, ok := testwait.Receive(f.t, want.String(), f.events)
		if !ok {
			f.t.Fatalf("the stream ended before %s", want)
		}
		for _, o := range e.GetOffers().GetOffers() {
			f.offers[o.ID.Value] = o
		}
		if e.Type == scheduler.Event_RESCIND {
			delete(f.offers, e.Rescind.OfferID.Value)
		}
		if e.Type == want {
			return e
		}
	}
}

// update returns the next status, acknowledged when it asks for it. One that is
// sent again, because its acknowledgement was lost on the way, is acknowledged
// again and passed over.
func (f *framework) update() mesos.TaskStatus {
	f.t.Helper()
	for {
		s := f.wait(scheduler.Event_UPDATE).Update.Status
		if s.UUID == nil {
			return s
		}
		f.call(&scheduler.Call{Type: scheduler.Call_ACKNOWLEDGE, Acknowledge: &scheduler.Call_Acknowledge{
			AgentID: *s.AgentID, TaskID: s.TaskID, UUID: s.UUID,
		}})
		if !f.seen[string(s.UUID)] {
			f.seen[string(s.UUID)] = true
			return s
		}
	}
}

func (f *framework) expect(task string, states ...mesos.TaskState) mesos.TaskStatus {
	f.t.Helper()
	var s mesos.TaskStatus
	for _, want := range states {
		s = f.update()
		if s.TaskID.Value != task || s.GetState() != want {
			f.t.Fatalf("got %s of %s (%s), want %s of %s", s.GetState(), s.TaskID.Value, s.GetMessage(), want, task)
		}
	}
	return s
}

func (f *framework) call(call *scheduler.Call) {
	f.t.Helper()
	call.FrameworkID = f.info.ID
	res, err := post(f.t.Context(), f.master, f.stream, call)
	if err != nil {
		f.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		f.t.Fatalf("%s answered %s", call.Type, res.Status)
	}
}

// offer returns an offer that was not used yet, of an agent with free ports.
func (f *framework) offer() mesos.Offer {
	f.t.Helper()
	for {
		for id, o := range f.offers {
			delete(f.offers, id)
			return o
		}
		f.wait(scheduler.Event_OFFERS)
	}
}

func (f *framework) launch(o mesos.Offer, tasks ...mesos.TaskInfo) {
	f.t.Helper()
	op := mesos.Offer_Operation{Type: mesos.Offer_Operation_LAUNCH, Launch: &mesos.Offer_Operation_Launch{TaskInfos: tasks}}
	refuse := 0.0
	f.call(&scheduler.Call{Type: scheduler.Call_ACCEPT, Accept: &scheduler.Call_Accept{
		OfferIDs: []mesos.OfferID{o.ID}, Operations: []mesos.Offer_Operation{op}, Filters: &mesos.Filters{RefuseSeconds: &refuse},
	}})
}

func (f *framework) reconcile(task, agent string) {
	f.t.Helper()
	f.call(&scheduler.Call{Type: scheduler.Call_RECONCILE, Reconcile: &scheduler.Call_Reconcile{Tasks: []scheduler.Call_Reconcile_Task{
		{TaskID: mesos.TaskID{Value: task}, AgentID: &mesos.AgentID{Value: agent}},
	}}})
}

func (f *framework) kill(task, agent string) {
	f.t.Helper()
	f.call(&scheduler.Call{Type: scheduler.Call_KILL, Kill: &scheduler.Call_Kill{
		TaskID: mesos.TaskID{Value: task}, AgentID: &mesos.AgentID{Value: agent},
	}})
}

func newTask(id string, o mesos.Offer) mesos.TaskInfo {
	value := "sleep 1000"
	return mesos.TaskInfo{
		Name: id, TaskID: mesos.TaskID{Value: id}, AgentID: o.AgentID, Command: &mesos.CommandInfo{Value: &value},
		Resources: []mesos.Resource{
			{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 0.1}},
			{Name: "mem", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 32}},
		},
	}
}
