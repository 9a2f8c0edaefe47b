package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// line is a line of a transcript.
type line struct {
	T       float64           `json:"t"` // seconds since the start
	Who     string            `json:"who"`
	Dir     string            `json:"dir"`
	Note    string            `json:"note"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Call    any               `json:"call"`
	Status  int               `json:"status"`
	Body    any               `json:"body"`
	Base64  string            `json:"body_base64"`
	Event   any               `json:"event"`
	Inspect any               `json:"data_decoded"`

	number int // in its file
}

// The values of line.Dir.
const (
	dirCall     = "call"
	dirResponse = "response"
	dirEvent    = "event"
	dirNote     = "note"
)

// transcript is a recorded exchange.
type transcript struct {
	id    int
	name  string // NN-title
	lines []line
}

// decode parses JSON and keeps numbers as they are written.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// transcripts reads all recorded exchanges.
func transcripts(t *testing.T) []transcript {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "transcripts", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	var out []transcript
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".jsonl")
		number, _, _ := strings.Cut(name, "-")
		id, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		out = append(out, transcript{id: id, name: name, lines: readLines(t, f)})
	}
	return out
}

func readLines(t *testing.T, file string) []line {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []line
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		l := line{number: len(out) + 1}
		if err := decode(lines.Bytes(), &l); err != nil {
			t.Fatalf("%s:%d: %v", file, l.number, err)
		}
		out = append(out, l)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// pause is how long the one who acts at l waited after before.
func pause(before, l *line) time.Duration {
	return time.Duration((l.T - before.T) * float64(time.Second))
}

// request is the recorded body of a call with live ids.
func (l *line) request(ids *binding) ([]byte, error) {
	switch {
	case l.Call != nil:
		return json.Marshal(ids.translate("", l.Call))
	case l.Base64 != "":
		return base64.StdEncoding.DecodeString(l.Base64)
	}
	text, _ := l.Body.(string)
	return []byte(ids.substitute(text)), nil
}

// rewrite replaces texts of the record by what they are here.
func (l *line) rewrite(pairs []string) {
	by := strings.NewReplacer(pairs...)
	for _, v := range []*any{&l.Call, &l.Body, &l.Event, &l.Inspect} {
		*v = replaced(by, *v)
	}
}

func replaced(by *strings.Replacer, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = replaced(by, x)
		}
	case []any:
		for i, x := range v {
			v[i] = replaced(by, x)
		}
	case string:
		return by.Replace(v)
	}
	return v
}

// is reports whether l is a call of a type, SUBSCRIBE for example.
func (l *line) is(callType string) bool {
	call, _ := l.Call.(map[string]any)
	return l.Dir == dirCall && call["type"] == callType
}

func (l *line) String() string {
	switch l.Dir {
	case dirCall:
		return fmt.Sprintf("line %d: %s: %s %s %s", l.number, l.Who, l.Method, l.Path, brief(l.Call))
	case dirResponse:
		return fmt.Sprintf("line %d: response to %s", l.number, l.Who)
	case dirEvent:
		return fmt.Sprintf("line %d: event of %s", l.number, l.Who)
	}
	return fmt.Sprintf("line %d: %s", l.number, l.Note)
}

// at walks an object along a dotted path.
func at(v any, path string) any {
	for k := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

func textAt(v any, path string) string {
	s, _ := at(v, path).(string)
	return s
}
