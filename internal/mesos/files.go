package mesos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/agent"
)

// fileChunkMax is the most that one read asks for. An agent gives no more than
// 64 KiB by /files/read, but all that is asked for by READ_FILE.
const fileChunkMax = 1 << 20

// answerRoom is what a message may take besides the data it carries; /files/read
// escapes a byte by up to six.
const answerRoom = 4 << 10

// AgentFiles reads files out of the sandboxes of tasks.
type AgentFiles struct {
	doer    *doer
	timeout time.Duration
}

// NewAgentFiles makes a reader. With Config.Hosts, or with credentials, it asks no
// other agents. An error is a *ConfigError.
func NewAgentFiles(cfg Config) (*AgentFiles, error) {
	cfg, tlsConf, err := cfg.ready()
	if err != nil {
		return nil, err
	}
	return &AgentFiles{doer: newDoer(cfg, tlsConf, 0), timeout: cfg.CallTimeout}, nil
}

// Close closes idle connections.
func (a *AgentFiles) Close() { a.doer.close() }

// ReadFile reads at most length bytes (and at most 1 MiB) of a task's file,
// "stdout" or "stderr", from offset on, and gives the file's size. The agent is
// named by the base URL in its offers. The error is ErrFileNotFound before the
// task has a sandbox and once the agent has removed it, and a *HostError if that
// agent may not be asked.
func (a *AgentFiles) ReadFile(ctx context.Context, agentURL, frameworkID, taskID, file string, offset int64, length int) (data []byte, size int64, err error) {
	if offset < 0 || length < 0 {
		return nil, 0, fmt.Errorf("mesos: read %s: offset %d and length %d must not be negative", file, offset, length)
	}
	name, err := sandboxPath(frameworkID, taskID, file)
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	if err := a.doer.guard.checkBase(ctx, agentURL); err != nil {
		return nil, 0, err
	}
	length = min(length, fileChunkMax)
	data, size, err = a.readV1(ctx, agentURL, name, uint64(offset), uint64(length))
	if lacksV1(err) {
		data, size, err = a.readV0(ctx, agentURL, name, offset, length)
	}
	if call := new(CallError); errors.As(err, &call) && call.Status == http.StatusNotFound {
		return nil, 0, fmt.Errorf("%w: %s of task %s", ErrFileNotFound, file, taskID)
	}
	return data, size, err
}

// sandboxPath is the virtual path of a file, which needs to know neither the
// agent's work directory nor the container. For command and Docker tasks the
// executor's id is the task's.
func sandboxPath(frameworkID, taskID, file string) (string, error) {
	clean := path.Clean("/" + file)
	if clean == "/" || !isName(frameworkID) || !isName(taskID) {
		return "", fmt.Errorf("%w: %q of task %q", ErrFileNotFound, file, taskID)
	}
	return "/frameworks/" + frameworkID + "/executors/" + taskID + "/runs/latest" + clean, nil
}

// isName reports whether an id is one element of a path.
func isName(id string) bool {
	return id != "" && id != "." && id != ".." && !strings.ContainsAny(id, "/\\")
}

// lacksV1 reports whether the agent may know the file though not this way of reading.
func lacksV1(err error) bool {
	var call *CallError
	if !errors.As(err, &call) {
		return false
	}
	switch call.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}

// readV1 reads by READ_FILE, which carries any bytes.
func (a *AgentFiles) readV1(ctx context.Context, agentURL, name string, offset, length uint64) ([]byte, int64, error) {
	answer, err := a.doer.fetch(ctx, request{
		call: agent.Call_READ_FILE.String(),
		url:  agentURL + pathOperator,
		msg: &agent.Call{
			Type:     agent.Call_READ_FILE,
			ReadFile: &agent.Call_ReadFile{Path: name, Offset: offset, Length: &length},
		},
	}, fileChunkMax+answerRoom)
	if err != nil {
		return nil, 0, err
	}
	var resp agent.Response
	if err := unmarshal(answer, &resp); err != nil {
		return nil, 0, err
	}
	return resp.GetReadFile().GetData(), int64(resp.GetReadFile().GetSize_()), nil
}

// readV0 reads by /files/read, whose JSON mangles what is not UTF-8. It tells
// the size only when asked for nothing else.
func (a *AgentFiles) readV0(ctx context.Context, agentURL, name string, offset int64, length int) ([]byte, int64, error) {
	_, size, err := a.getV0(ctx, agentURL, url.Values{"path": {name}})
	if err != nil {
		return nil, 0, err
	}
	data, _, err := a.getV0(ctx, agentURL, url.Values{
		"path":   {name},
		"offset": {strconv.FormatInt(offset, 10)},
		"length": {strconv.Itoa(length)},
	})
	if len(data) > 0 {
		size = max(size, offset+int64(len(data))) // It has grown in between.
	}
	return data, size, err
}

func (a *AgentFiles) getV0(ctx context.Context, agentURL string, query url.Values) ([]byte, int64, error) {
	const call = "/files/read"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, agentURL+call+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, 0, fmt.Errorf("mesos: %s: %w", call, err)
	}
	a.doer.authorize(req.Header)
	resp, err := a.doer.do(req, call) //nolint:bodyclose // readAnswer closes it.
	if err != nil {
		return nil, 0, err
	}
	answer, err := readAnswer(resp, call, 6*fileChunkMax+answerRoom)
	if err != nil {
		return nil, 0, err
	}
	var body struct {
		Data   string `json:"data"`
		Offset int64  `json:"offset"`
	}
	if err := json.Unmarshal(answer, &body); err != nil {
		return nil, 0, fmt.Errorf("%w: %s: %w", ErrProtocol, call, err)
	}
	return []byte(body.Data), body.Offset, nil
}
