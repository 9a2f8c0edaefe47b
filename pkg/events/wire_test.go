package events_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/pkg/events"
)

var update = flag.Bool("update", false, "write the goldens; a form that changed is kept beside the new one")

const wireDir = "testdata/wire"

// golden is a message as it stands in a file.
type golden struct {
	Subject string            `json:"subject"`
	Headers map[string]string `json:"headers"`
	Body    jsontext.Value    `json:"body"`
}

func (g golden) text(t *testing.T) string {
	t.Helper()
	data, err := json.Marshal(g, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	return string(data) + "\n"
}

func readGolden(t *testing.T, path string) golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatalf("%v; run go test ./pkg/events -update", err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return g
}

func (g golden) message(t *testing.T) events.Message {
	t.Helper()
	body := g.Body.Clone()
	if err := body.Compact(); err != nil {
		t.Fatal(err)
	}
	return events.Message{Subject: g.Subject, Header: g.Headers, Data: body}
}

// TestWireIsGolden: what is written today is what was written when the golden was.
func TestWireIsGolden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.event.Type(), func(t *testing.T) {
			m, err := events.Encode(s.subject, s.env, s.event)
			if err != nil {
				t.Fatal(err)
			}
			got := golden{m.Subject, m.Header, m.Data}.text(t)
			path := filepath.Join(wireDir, s.event.Type()+".json")
			if *update {
				write(t, path, got)
			}
			g := readGolden(t, path)
			if want := g.text(t); got != want {
				t.Fatalf("the wire form changed\ngot  %s\nwant %s", got, want)
			}
			env, ev, err := events.Decode(g.message(t))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(env, s.env) {
				t.Errorf("envelope %+v, want %+v", env, s.env)
			}
			if !reflect.DeepEqual(ev, s.event) {
				t.Errorf("event %+v, want %+v", ev, s.event)
			}
		})
	}
}

// write keeps a golden that is about to change under the next free number: logs
// hold messages of that form, so it has to decode for ever.
func write(t *testing.T, path, text string) {
	t.Helper()
	old, err := os.ReadFile(filepath.Clean(path))
	if err == nil && string(old) == text {
		return
	}
	for n := 1; err == nil; n++ {
		kept := fmt.Sprintf("%s@%d.json", strings.TrimSuffix(path, ".json"), n)
		if _, taken := os.Stat(kept); taken == nil {
			continue
		}
		if err := os.Rename(path, kept); err != nil {
			t.Fatal(err)
		}
		break
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestOldWireDecodes: every form that was ever golden decodes, into a known
// event, without losing a member.
func TestOldWireDecodes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(wireDir, "*.json"))
	if err != nil || len(files) < len(events.KnownTypes()) {
		t.Fatalf("%d goldens (%v), want at least one per type", len(files), err)
	}
	for _, path := range files {
		m := readGolden(t, path).message(t)
		env, ev, err := events.Decode(m)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if _, unknown := ev.(events.Unknown); unknown {
			t.Errorf("%s: decodes as unknown", path)
		}
		again, err := events.Encode(m.Subject, env, ev)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if a, b := members(t, m.Data), members(t, again.Data); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: was %v, is %v", path, a, b)
		}
	}
}

func members(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestSamplesAreComplete: a golden that leaves a member out proves nothing of it.
func TestSamplesAreComplete(t *testing.T) {
	for _, s := range samples() {
		v := reflect.ValueOf(s.event)
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.Anonymous && v.Field(i).IsZero() {
				t.Errorf("%s: %s is not set in the sample", s.event.Type(), f.Name)
			}
		}
	}
}

// TestWireIsDeterministic: equal arguments give equal bytes, maps or not.
func TestWireIsDeterministic(t *testing.T) {
	for _, s := range samples() {
		first, err := events.Encode(s.subject, s.env, s.event)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			next, err := events.Encode(s.subject, s.env, s.event)
			if err != nil || !reflect.DeepEqual(first, next) {
				t.Fatalf("%s: %v\n%s\n%s", s.event.Type(), err, first.Data, next.Data)
			}
		}
	}
}
