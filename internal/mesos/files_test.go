package mesos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/mesos/mesos-go/api/v1/lib/agent"
)

const sandboxFile = "/frameworks/f/executors/t/runs/latest/stdout"

// fakeAgent serves one sandbox file, by READ_FILE or by /files/read only.
type fakeAgent struct {
	content []byte
	// noV1 is what it says to READ_FILE, if it does not know it.
	noV1 int
}

func (a fakeAgent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/files/read" {
		a.v0(w, r)
		return
	}
	if a.noV1 != 0 {
		http.Error(w, http.StatusText(a.noV1), a.noV1)
		return
	}
	body, _ := io.ReadAll(r.Body)
	var call agent.Call
	if err := call.Unmarshal(body); err != nil || call.ReadFile == nil {
		http.Error(w, "Failed to parse body into Call protobuf", http.StatusBadRequest)
		return
	}
	if call.ReadFile.Path != sandboxFile {
		http.Error(w, "", http.StatusNotFound)
		return
	}
	resp := &agent.Response{Type: agent.Response_READ_FILE, ReadFile: &agent.Response_ReadFile{
		Size_: uint64(len(a.content)), Data: a.cut(int(call.ReadFile.Offset), int(*call.ReadFile.Length)),
	}}
	data, _ := resp.Marshal()
	_, _ = w.Write(data)
}

func (a fakeAgent) v0(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("path") != sandboxFile {
		http.Error(w, "", http.StatusNotFound)
		return
	}
	if r.FormValue("offset") == "" {
		_, _ = fmt.Fprintf(w, `{"data":"","offset":%d}`, len(a.content))
		return
	}
	offset, _ := strconv.Atoi(r.FormValue("offset"))
	length, _ := strconv.Atoi(r.FormValue("length"))
	data, _ := json.Marshal(string(a.cut(offset, length)))
	_, _ = fmt.Fprintf(w, `{"data":%s,"offset":%d}`, data, offset)
}

func (a fakeAgent) cut(offset, length int) []byte {
	offset = min(offset, len(a.content))
	return a.content[offset:min(offset+length, len(a.content))]
}

func testFiles(t *testing.T) *AgentFiles {
	t.Helper()
	files, err := NewAgentFiles(testConfig(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.Close)
	return files
}

func TestReadFile(t *testing.T) {
	files := testFiles(t)
	for name, a := range map[string]fakeAgent{
		"v1":          {content: []byte("hello")},
		"without":     {content: []byte("hello"), noV1: http.StatusNotFound},
		"not by POST": {content: []byte("hello"), noV1: http.StatusMethodNotAllowed},
		"not yet":     {content: []byte("hello"), noV1: http.StatusNotImplemented},
	} {
		url := "http://" + plainServer(t, a.ServeHTTP)
		for _, tt := range []struct {
			offset int64
			length int
			want   string
		}{{0, 100, "hello"}, {1, 3, "ell"}, {5, 10, ""}, {9, 10, ""}, {0, 0, ""}} {
			data, size, err := files.ReadFile(t.Context(), url, "f", "t", "stdout", tt.offset, tt.length)
			if err != nil || string(data) != tt.want || size != 5 {
				t.Errorf("%s %+v: got %q of %d, %v", name, tt, data, size, err)
			}
		}
		if _, _, err := files.ReadFile(t.Context(), url, "f", "gone", "stdout", 0, 1); !errors.Is(err, ErrFileNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestReadFileKeepsBytes(t *testing.T) {
	binary := []byte{0, 0xff, 0xfe, '\n', 0x80}
	url := "http://" + plainServer(t, fakeAgent{content: binary}.ServeHTTP)
	data, _, err := testFiles(t).ReadFile(t.Context(), url, "f", "t", "stdout", 0, 10)
	if err != nil || string(data) != string(binary) {
		t.Errorf("got %q, %v", data, err)
	}
}

// However much is asked for, an answer has its bounds.
func TestReadFileIsBounded(t *testing.T) {
	big := make([]byte, fileChunkMax+10)
	for name, status := range map[string]int{"v1": 0, "without": http.StatusNotFound} {
		url := "http://" + plainServer(t, fakeAgent{content: big, noV1: status}.ServeHTTP)
		data, size, err := testFiles(t).ReadFile(t.Context(), url, "f", "t", "stdout", 1, 2*fileChunkMax)
		if err != nil || len(data) != fileChunkMax || size != int64(len(big)) {
			t.Errorf("%s: got %d bytes of %d, %v", name, len(data), size, err)
		}
	}
}

func TestReadFileStaysInTheSandbox(t *testing.T) {
	for _, tt := range []struct{ framework, task, file, want string }{
		{"f", "t", "stdout", "/frameworks/f/executors/t/runs/latest/stdout"},
		{"f", "t", "logs/app.log", "/frameworks/f/executors/t/runs/latest/logs/app.log"},
		{"f", "t", "../../../x", "/frameworks/f/executors/t/runs/latest/x"},
		{"f", "t", "", ""},
		{"f", "t", "..", ""},
		{"f", "../t", "stdout", ""},
		{"f/g", "t", "stdout", ""},
		{"", "t", "stdout", ""},
		{"f", "", "stdout", ""},
		{"f", "..", "stdout", ""},
	} {
		got, err := sandboxPath(tt.framework, tt.task, tt.file)
		if got != tt.want || (tt.want == "") != errors.Is(err, ErrFileNotFound) {
			t.Errorf("%+v: got %q, %v", tt, got, err)
		}
	}
}

func TestReadFileErrors(t *testing.T) {
	files := testFiles(t)
	for _, tt := range []struct {
		name string
		url  string
		want error
	}{
		{"no agent", "http://" + closedPort(t), ErrUnavailable},
		{"credentials", "http://" + plainServer(t, refusing(401, "")), ErrUnauthenticated},
		{"garbage", "http://" + plainServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }), ErrProtocol},
	} {
		if _, _, err := files.ReadFile(t.Context(), tt.url, "f", "t", "stdout", 0, 1); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	if _, _, err := files.ReadFile(t.Context(), "http://h:1", "f", "t", "stdout", -1, 1); err == nil {
		t.Error("took a negative offset")
	}
}
