package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

func TestJSONOut(t *testing.T) {
	interval, port, shell := 15.0, uint32(5050), "x/\"\n\x1fé"
	for _, c := range []struct {
		name string
		msg  *scheduler.Event
		want string
	}{
		{"heartbeat", &scheduler.Event{Type: scheduler.Event_HEARTBEAT}, `{"type":"HEARTBEAT"}`},
		{"doubles have a fraction, new enums their name", &scheduler.Event{Type: scheduler.Event_SUBSCRIBED, Subscribed: &scheduler.Event_Subscribed{
			FrameworkID: &mesos.FrameworkID{Value: "f"}, HeartbeatIntervalSeconds: &interval,
			MasterInfo: &mesos.MasterInfo{ID: "m", Port: &port, Capabilities: []mesos.MasterInfo_Capability{{Type: wire.QuotaV2}}},
		}}, `{"type":"SUBSCRIBED","subscribed":{"framework_id":{"value":"f"},"heartbeat_interval_seconds":15.0,` +
			`"master_info":{"id":"m","ip":0,"port":5050,"capabilities":[{"type":"QUOTA_V2"}]}}}`},
		{"bytes and escapes", &scheduler.Event{Type: scheduler.Event_MESSAGE, Message: &scheduler.Event_Message{
			AgentID: mesos.AgentID{Value: shell}, ExecutorID: mesos.ExecutorID{Value: ""}, Data: []byte{0, 255},
		}}, `{"type":"MESSAGE","message":{"agent_id":{"value":"x/\"\n\u001Fé"},"executor_id":{"value":""},"data":"AP8="}}`},
	} {
		got, err := wire.NewCodec().Encode(wire.MediaJSON, c.msg)
		if err != nil || string(got) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Defaults of the .proto files are written, except where they are deprecated.
func TestJSONDefaults(t *testing.T) {
	got, err := wire.NewCodec().Encode(wire.MediaJSON, &mesos.FrameworkInfo{User: "u", Name: "n"})
	if want := `{"user":"u","name":"n","failover_timeout":0.0,"checkpoint":false}`; err != nil || string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got, err = wire.NewCodec().Encode(wire.MediaJSON, &mesos.ContainerInfo_DockerInfo{Image: "i"})
	if want := `{"image":"i","network":"HOST","privileged":false}`; err != nil || string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestJSONIn(t *testing.T) {
	for _, c := range []struct {
		text string
		fail error
		want string // part of the error
	}{
		{`{"type":"REVIVE","framework_id":{"value":"f"},"new_field":[1]}`, nil, ""},
		{`{"type":"NOPE"}`, nil, ""},
		{`{"type":null}`, nil, ""},
		{`{"type":"SUPPRESS","suppress":{"roles":["a",null]}}`, nil, ""},
		{`x`, wire.ErrSyntax, ""},
		{`{} x`, wire.ErrSyntax, ""},
		{``, wire.ErrSyntax, ""},
		{`[]`, wire.ErrConvert, "Expecting a JSON object"},
		{`{"type":1}`, wire.ErrConvert, "Not expecting a JSON number for field 'type'"},
		{`{"kill":[]}`, wire.ErrConvert, "Not expecting a JSON array for field 'kill'"},
		{`{"kill":{}}`, wire.ErrConvert, "Missing required fields: kill.task_id"},
		{`{"subscribe":{"framework_info":{}}}`, wire.ErrConvert, "Missing required fields: subscribe.framework_info.user, subscribe.framework_info.name"},
		{`{"acknowledge":{"agent_id":{"value":"a"},"task_id":{"value":"t"},"uuid":"*"}}`, wire.ErrConvert, "Failed to base64 decode"},
		{`{"accept":{"operations":[{"launch":{"task_infos":[{"resources":[{"type":"NOPE"}]}]}}]}}`, wire.ErrConvert, "Failed to find enum for 'NOPE'"},
	} {
		var call scheduler.Call
		err := wire.NewCodec().Decode(wire.MediaJSON, []byte(c.text), &call)
		if !errors.Is(err, c.fail) || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %v %q", c.text, err, c.fail, c.want)
		}
	}
}

func TestJSONNumbersAsText(t *testing.T) {
	var call scheduler.Call
	text := `{"decline":{"filters":{"refuse_seconds":"1.5"}},"subscribe":{"framework_info":{"user":"u","name":"n","checkpoint":"true","failover_timeout":"Infinity"}}}`
	if err := wire.NewCodec().Decode(wire.MediaJSON, []byte(text), &call); err != nil {
		t.Fatal(err)
	}
	i := call.Subscribe.FrameworkInfo
	if call.Decline.Filters.GetRefuseSeconds() != 1.5 || !i.GetCheckpoint() || i.GetFailoverTimeout() < 1e300 {
		t.Errorf("%+v", call)
	}
}

// 1.2: what does not fit, in the words of stout, which goes by the names of members.
func TestConversionErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":1,"framework_id":[]}`:                                  "Not expecting a JSON array for field 'framework_id'",
		`{"kill":"x"}`:                                                  "Not expecting a JSON string for field 'kill'",
		`{"framework_id":{"value":{}}}`:                                 "Not expecting a JSON object for field 'value'",
		`{"framework_id":{"value":true}}`:                               "Not expecting a JSON boolean for field 'value'",
		`{"decline":{"filters":{"refuse_seconds":false}}}`:              "Not expecting a JSON boolean for field 'refuse_seconds'",
		`{"decline":{"filters":{"refuse_seconds":"x"}}}`:                "Failed to parse 'x' as a JSON number for field 'refuse_seconds': syntax error at line 1 near: x",
		`{"decline":{"filters":{"refuse_seconds":"NaN"}}}`:              "Failed to parse 'NaN' as a JSON number for field 'refuse_seconds': syntax error at line 1 near: NaN",
		`{"decline":{"filters":{"refuse_seconds":"true"}}}`:             "Failed to parse 'true' as a JSON number for field 'refuse_seconds': Unexpected JSON type parsed",
		`{"subscribe":{"framework_info":{"checkpoint":"yes"}}}`:         "Failed to parse 'yes' as a JSON boolean for field 'checkpoint': syntax error at line 1 near: yes",
		`{"subscribe":{"framework_info":{"checkpoint":1}}}`:             "Not expecting a JSON number for field 'checkpoint'",
		`{"acknowledge":{"uuid":"a*"}}`:                                 "Failed to base64 decode bytes field 'uuid': Invalid character '*'",
		`{"acknowledge":{"uuid":1}}`:                                    "Not expecting a JSON number for field 'uuid'",
		`{"accept":{"operations":[{"launch":{"task_infos":[{},{}]}}]}}`: "Missing required fields: accept.operations[0].launch.task_infos[0].name, ",
	} {
		var call scheduler.Call
		err := wire.NewCodec().Decode(wire.MediaJSON, []byte(text), &call)
		if !errors.Is(err, wire.ErrConvert) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

// 1.2: one value is a list of one, lists of lists are one list, base64 may lack its
// padding, and integers are converted as C++ does.
func TestJSONIsTakenLeniently(t *testing.T) {
	var call scheduler.Call
	text := `{"suppress":{"roles":["a",["b",null,["c"]]]},"revive":{"roles":"r"},"accept":{"offer_ids":{"value":"o"}},` +
		`"acknowledge":{"agent_id":{"value":"a"},"task_id":{"value":"t"},"uuid":" AP\n8 =ignored"},` +
		`"subscribe":{"framework_info":{"user":"u","name":"n","offer_filters":{"r":{}}}},` +
		`"kill":{"task_id":{"value":"t"},"kill_policy":{"grace_period":{"nanoseconds":"1.9"}}}}`
	if err := wire.NewCodec().Decode(wire.MediaJSON, []byte(text), &call); err != nil {
		t.Fatal(err)
	}
	if got := call.Suppress.Roles; !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("roles %q", got)
	}
	if len(call.Revive.Roles) != 1 || len(call.Accept.OfferIDs) != 1 || call.Accept.OfferIDs[0].Value != "o" {
		t.Errorf("%v %v", call.Revive, call.Accept)
	}
	if got := call.Acknowledge.UUID; !bytes.Equal(got, []byte{0, 0xff}) {
		t.Errorf("bytes %x", got)
	}
	if got := call.Kill.KillPolicy.GracePeriod.Nanoseconds; got != 1 {
		t.Errorf("nanoseconds %d", got)
	}
	var port mesos.Port
	if err := wire.NewCodec().Decode(wire.MediaJSON, []byte(`{"number":-1}`), &port); err != nil || port.Number != math.MaxUint32 {
		t.Errorf("%v, %v", port.Number, err)
	}
}

// 1.2: doubles as RapidJSON writes them.
func TestDoubles(t *testing.T) {
	for d, want := range map[float64]string{
		0: "0.0", 4: "4.0", -0.5: "-0.5", 1e20: "100000000000000000000.0", 123456789012345678901: "123456789012345680000.0",
		1e21: "1e21", 1.5e300: "1.5e300", 1e-6: "0.000001", 1.5e-7: "1.5e-7", 1795426724.726735: "1795426724.726735",
		math.Inf(1): `"Infinity"`, math.Inf(-1): `"-Infinity"`,
	} {
		got, err := wire.NewCodec().Encode(wire.MediaJSON, &mesos.Value_Scalar{Value: d})
		if err != nil || string(got) != `{"value":`+want+`}` {
			t.Errorf("%g: %s, %v", d, got, err)
		}
	}
}

// 1.1: names in any case; what is said of a type comes before what is said of its
// kind, and that before what is said of all.
func TestNegotiate(t *testing.T) {
	for header, want := range map[string]string{
		"Application/JSON": wire.MediaJSON, "application/*;q=0, */*": "", "*/*, application/*;q=0": "", "application/json;q=x, */*": wire.MediaProtobuf,
		"*/*;q=0, application/*": wire.MediaJSON, "application/json; q=0.001": wire.MediaJSON, "application/json;q=-1": "", "": "",
		"application/json;q=0;q=0": wire.MediaJSON, "application/json;charset=utf-8": wire.MediaJSON, "text/html, application/recordio": wire.MediaRecordIO,
	} {
		if got := wire.Negotiate([]string{header}, wire.MediaRecordIO); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "deflate, gzip;q=0.5": true, "gzip;q=0": false, "*": true, "*;q=0": false, "*;q=0, gzip": true,
		"gzip; q=0.0, *": false, "GZIP": true, "identity": false, "x-gzip": false,
	} {
		if got := wire.AcceptsGzip([]string{header}); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

func TestUnknownTypeIsPresent(t *testing.T) {
	codec := wire.NewCodec()
	for _, c := range []struct {
		media string
		body  string
		want  bool
	}{
		{wire.MediaJSON, `{"type":"UNKNOWN"}`, true},
		{wire.MediaJSON, `{}`, false},
		{wire.MediaJSON, `{"type":"X"}`, false},
		{wire.MediaProtobuf, "\x10\x00", true},
		{wire.MediaProtobuf, "\x0a\x03\x0a\x01f\x10\x00", true},
		{wire.MediaProtobuf, "", false},
	} {
		var call scheduler.Call
		if err := codec.Decode(c.media, []byte(c.body), &call); err != nil {
			t.Fatalf("%q: %v", c.body, err)
		}
		if got := wire.HasUnknownType(c.media, []byte(c.body), 2); got != c.want {
			t.Errorf("%q: %v", c.body, got)
		}
	}
}

// Records survive any split of the stream, and a cut is noticed.
func TestRecords(t *testing.T) {
	records := [][]byte{[]byte("a"), bytes.Repeat([]byte("b\n"), 5000), []byte(`{"type":"HEARTBEAT"}`)}
	var stream []byte
	for _, r := range records {
		stream = append(stream, wire.Frame(r)...)
	}
	for _, r := range []io.Reader{bytes.NewReader(stream), iotest.OneByteReader(bytes.NewReader(stream))} {
		in := wire.NewRecordReader(r)
		for i, want := range records {
			if got, err := in.Next(); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("record %d: %d bytes, %v", i, len(got), err)
			}
		}
		if _, err := in.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("the end is %v", err)
		}
	}
	for _, c := range []struct {
		stream string
		want   error
	}{
		{"5\nabc", io.ErrUnexpectedEOF},
		{"5", io.ErrUnexpectedEOF},
		{"x\n", wire.ErrRecordHeader},
		{"-1\n", wire.ErrRecordHeader},
		{"99999999999999\n", wire.ErrRecordTooLong},
		{strings.Repeat("0", 100), wire.ErrRecordHeader},
	} {
		if _, err := wire.NewRecordReader(strings.NewReader(c.stream)).Next(); !errors.Is(err, c.want) {
			t.Errorf("%.20q: %v, want %v", c.stream, err, c.want)
		}
	}
}

// FuzzCall: no body makes the decoder panic, and what it takes it writes in a
// form that it takes again to the same effect.
func FuzzCall(f *testing.F) {
	f.Add(true, []byte(`{"type":"ACCEPT","framework_id":{"value":"f"},"accept":{"offer_ids":[{"value":"o"}],"operations":[{"type":"LAUNCH",`+
		`"launch":{"task_infos":[{"name":"t","task_id":{"value":"t"},"agent_id":{"value":"a"},"resources":[{"name":"cpus","type":"SCALAR",`+
		`"scalar":{"value":0.1}}],"limits":{"cpus":{"value":1}}}]}}],"filters":{"refuse_seconds":5}}}`))
	f.Add(true, []byte(`{"type":"NOPE","kill":null}`))
	f.Add(false, []byte("\x10\x06\x32\x05\x0a\x03\x0a\x01t"))
	f.Fuzz(func(t *testing.T, isJSON bool, body []byte) {
		media := wire.MediaProtobuf
		if isJSON {
			media = wire.MediaJSON
		}
		codec := wire.NewCodec()
		var call, again scheduler.Call
		wire.HasUnknownType(media, body, 2)
		if codec.Decode(media, body, &call) != nil {
			return
		}
		first, err := codec.Encode(wire.MediaJSON, &call)
		if err != nil {
			t.Fatal(err)
		}
		if err := codec.Decode(wire.MediaJSON, first, &again); err != nil {
			if isJSON {
				t.Fatalf("%s: %v", first, err)
			}
			return // enum numbers without a name have no JSON
		}
		second, err := codec.Encode(wire.MediaJSON, &again)
		if err != nil || (isJSON && !bytes.Equal(first, second)) {
			t.Fatalf("%v\n%s\n%s", err, first, second)
		}
	})
}

// FuzzRecords: no stream makes the reader panic or allocate beyond its limit.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("3\nabc5\nab"))
	f.Add([]byte("268435456\nx"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := wire.NewRecordReader(bytes.NewReader(stream))
		for {
			record, err := r.Next()
			if err != nil {
				return
			}
			if len(record) > len(stream) {
				t.Fatalf("%d bytes of %d", len(record), len(stream))
			}
		}
	})
}

// Lists that are kept are written when they are empty; others are left out.
func TestKeptLists(t *testing.T) {
	c := wire.NewCodec(wire.Keep(&mesos.Offer{}, "resources"))
	got, err := c.Encode(wire.MediaJSON, &mesos.Offer{Hostname: "h"})
	if err != nil {
		t.Fatal(err)
	}
	if text := string(got); !strings.Contains(text, `"resources":[]`) || strings.Contains(text, "attributes") {
		t.Errorf("got %s", text)
	}
}
