package conformance_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// parse reads JSON as the transcripts are read.
func parse(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := decode([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

const (
	oneID   = "11111111-1111-4111-8111-111111111111"
	otherID = "22222222-2222-4222-8222-222222222222"
)

// A field that differs in any way is a difference; what is issued anew is not.
func TestMatcherFindsWhatDiffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ recorded, live, want string }{
		"equal":                     {`{"a":1,"b":["x"]}`, `{"b":["x"],"a":1}`, ""},
		"text":                      {`{"a":"x"}`, `{"a":"y"}`, `event.a: got "y", want "x"`},
		"number":                    {`{"a":1}`, `{"a":2}`, "event.a: got 2, want 1"},
		"fraction":                  {`{"a":15.0}`, `{"a":15}`, "event.a: got 15, want 15.0"},
		"bool":                      {`{"a":true}`, `{"a":false}`, "event.a: got false, want true"},
		"null":                      {`{"a":null}`, `{"a":0}`, "event.a: got 0, want null"},
		"type":                      {`{"a":"1"}`, `{"a":1}`, `event.a: got 1, want "1"`},
		"missing":                   {`{"a":1,"b":2}`, `{"a":1}`, "event.b: missing, want 2"},
		"extra":                     {`{"a":1}`, `{"a":1,"b":2}`, "event.b: not recorded, got 2"},
		"deep":                      {`{"a":[{"b":{"c":1}}]}`, `{"a":[{"b":{"c":2}}]}`, "event.a[].b.c: got 2, want 1"},
		"list order":                {`{"tasks":["x","y"]}`, `{"tasks":["y","x"]}`, `event.tasks[]: got "y", want "x"`},
		"list length":               {`{"tasks":["x"]}`, `{"tasks":[]}`, "event.tasks: got 0, want 1"},
		"set order":                 {`{"resources":[{"name":"cpus"},{"name":"mem"}]}`, `{"resources":[{"name":"mem"},{"name":"cpus"}]}`, ""},
		"set member":                {`{"resources":[{"name":"cpus"}]}`, `{"resources":[{"name":"mem"}]}`, "event.resources[].name"},
		"framework":                 {`{"a":"` + oneID + `-0001"}`, `{"a":"` + otherID + `-0007"}`, ""},
		"agent for framework":       {`{"a":"` + oneID + `-0001"}`, `{"a":"` + otherID + `-S1"}`, "event.a: got"},
		"id for none":               {`{"a":"none"}`, `{"a":"` + otherID + `-0007"}`, "event.a: got"},
		"id in a text":              {`{"a":"Offer ` + oneID + `-O1 is gone"}`, `{"a":"Offer ` + otherID + `-O9 is gone"}`, ""},
		"text around an id":         {`{"a":"Offer ` + oneID + `-O1 is gone"}`, `{"a":"Offer ` + otherID + `-O9 is lost"}`, "event.a: got"},
		"one id becomes two":        {`{"a":"` + oneID + `-O1","b":"` + oneID + `-O1"}`, `{"a":"` + otherID + `-O1","b":"` + otherID + `-O2"}`, "event.b: offer"},
		"two ids become one":        {`{"a":"` + oneID + `-O1","b":"` + oneID + `-O2"}`, `{"a":"` + otherID + `-O1","b":"` + otherID + `-O1"}`, "event.b: offer"},
		"time":                      {`{"timestamp":1.5}`, `{"timestamp":2.5}`, ""},
		"no time":                   {`{"timestamp":1.5}`, `{"timestamp":"now"}`, "event.timestamp"},
		"missing time":              {`{"timestamp":1.5}`, `{}`, "event.timestamp: missing"},
		"port":                      {`{"port":5051,"pid":"slave(1)@127.0.0.1:5051"}`, `{"port":40001,"pid":"slave(1)@127.0.0.1:40001"}`, ""},
		"another port":              {`{"pid":"127.0.0.1:5051","port":5051}`, `{"pid":"127.0.0.1:40001","port":40002}`, "event.port: port"},
		"named port":                {`{"port":80}`, `{"port":81}`, "event.port: got 81, want 80"},
		"uuid in base64":            {`{"uuid":"AAAA","x":{"status_uuid":{"value":"AAAA"}}}`, `{"uuid":"BBBB","x":{"status_uuid":{"value":"BBBB"}}}`, ""},
		"another uuid in base64":    {`{"uuid":"AAAA","x":{"uuid":{"value":"AAAA"}}}`, `{"uuid":"BBBB","x":{"uuid":{"value":"CCCC"}}}`, "event.x.uuid.value: uuid in base64 CCCC"},
		"container address":         {`{"ip":"172.17.0.2"}`, `{"ip":"172.18.0.9"}`, ""},
		"no container address":      {`{"ip":"172.17.0.2"}`, `{"ip":"10.0.0.1"}`, "event.ip: got"},
		"open, but there":           {`{"open":1}`, `{"open":2}`, ""},
		"open, and missing":         {`{"open":1}`, `{}`, "event.open: missing"},
		"an object instead of text": {`{"a":{"b":1}}`, `{"a":"b"}`, "event.a: got"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &matcher{ids: newBinding(), open: map[string]string{"event.open": "for this test"}}
			got := m.compare("event", parse(t, c.recorded), parse(t, c.live))
			switch {
			case c.want == "" && len(got) > 0:
				t.Errorf("differs: %q", got)
			case c.want != "" && (len(got) == 0 || !strings.HasPrefix(got[0], c.want)):
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// What was bound is said in calls by its live name, what was not by its own.
func TestTranslationOfCalls(t *testing.T) {
	t.Parallel()
	m := &matcher{ids: newBinding()}
	recorded := `{"f":"` + oneID + `-0001","uuid":"AAAA","port":"127.0.0.1:5050"}`
	live := `{"f":"` + otherID + `-0009","uuid":"BBBB","port":"127.0.0.1:6060"}`
	if d := m.compare("event", parse(t, recorded), parse(t, live)); d != nil {
		t.Fatal(d)
	}
	call := parse(t, `{"id":[{"value":"`+oneID+`-0001"}],"uuid":"AAAA","at":"http://127.0.0.1:5050/x","n":1,"other":"`+oneID+`-0002"}`)
	want := parse(t, `{"id":[{"value":"`+otherID+`-0009"}],"uuid":"BBBB","at":"http://127.0.0.1:6060/x","n":1,"other":"`+oneID+`-0002"}`)
	if got := m.ids.translate("", call); brief(got) != brief(want) {
		t.Errorf("got %s, want %s", brief(got), brief(want))
	}
}

// The order of two events is open or not whichever is first.
func TestOrderOfEvents(t *testing.T) {
	t.Parallel()
	update := func(task, state string) string {
		return `{"type":"UPDATE","update":{"status":{"task_id":{"value":"` + task + `"},"state":"` + state + `"}}}`
	}
	for _, c := range []struct {
		x, y string
		open bool
	}{
		{`{"type":"HEARTBEAT"}`, `{"type":"OFFERS"}`, true},
		{`{"type":"HEARTBEAT"}`, `{"type":"SUBSCRIBED"}`, false},
		{`{"type":"OFFERS"}`, `{"type":"RESCIND"}`, false},
		{`{"type":"RESCIND"}`, update("a", "TASK_LOST"), true},
		{`{"type":"FAILURE"}`, update("a", "TASK_LOST"), false},
		{update("a", "TASK_RUNNING"), update("b", "TASK_RUNNING"), true},
		{update("a", "TASK_RUNNING"), update("a", "TASK_FAILED"), false},
		{update("a", "TASK_ERROR"), update("b", "TASK_ERROR"), false},
		{update("a", "TASK_ERROR"), update("b", "TASK_RUNNING"), true},
		{update("a", "TASK_ERROR"), `"EOF"`, false},
		{`{"type":"ERROR"}`, `"EOF"`, false},
		{`{"type":"OFFERS"}`, `"EOF"`, true},
	} {
		x, y := parse(t, c.x), parse(t, c.y)
		if commute(x, y) != c.open || commute(y, x) != c.open {
			t.Errorf("%s and %s: the order is open: %v and %v, want %v", c.x, c.y, commute(x, y), commute(y, x), c.open)
		}
	}
}

// A stream gives the event that was asked for, and says when one that may not be
// passed over came before it.
func TestStreamKeepsOrder(t *testing.T) {
	t.Parallel()
	failure, lost := parse(t, `{"type":"FAILURE"}`), parse(t, `{"type":"UPDATE","update":{"status":{"task_id":{"value":"a"}}}}`)
	s := &stream{arrived: make(chan struct{})}
	s.put(event{body: failure})
	s.put(event{body: lost})
	got, err := s.take(lost)
	if err == nil || !strings.Contains(err.Error(), "came after") || taskOf(got.body) != "a" {
		t.Errorf("took %s with %v", brief(got.body), err)
	}
	if _, err := s.take(failure); err != nil {
		t.Error(err)
	}
	if rest := s.rest(); len(rest) != 0 {
		t.Errorf("%d events are left", len(rest))
	}
}

// Other frameworks' entries are left out of an operator's answer, and no more.
func TestOnlyOurs(t *testing.T) {
	t.Parallel()
	v := parse(t, `{"frameworks":[{"framework_info":{"id":{"value":"a"}}},{"framework_info":{"id":{"value":"b"}}}],
		"completed_tasks":[{"framework_id":{"value":"b"}}],"agents":[],"tasks":[{"framework_id":{"value":"a"},"n":1}]}`)
	want := parse(t, `{"frameworks":[{"framework_info":{"id":{"value":"a"}}}],"agents":[],"tasks":[{"framework_id":{"value":"a"},"n":1}]}`)
	if got := only([]string{"a"}, v); brief(got) != brief(want) {
		t.Errorf("got %s, want %s", brief(got), brief(want))
	}
}

// Cutting a text into pieces loses nothing of it.
func TestPiecesAreTheText(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{oneID, oneID + "-S0", oneID + "-O12", oneID + "-0003", "127.0.0.1:5050", "172.17.0.2", "é", " ", "-", "x"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(part).Draw(t, "parts"), "")
		ids := newBinding()
		if got := ids.substitute(text); got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
		if err := ids.text(text, text); err != nil {
			t.Fatal(err)
		}
		if got := ids.substitute(text); got != text {
			t.Fatalf("bound to itself, got %q, want %q", got, text)
		}
	})
}
