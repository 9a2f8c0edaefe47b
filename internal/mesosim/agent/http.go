package agent

import (
	"math"
	"net/http"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/agent"

	"github.com/milosgajdos/taurus/internal/mesosim/basicauth"
	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

const version = "1.12.0"

// routes serves paths with and without /slave(1) in front (7.2).
func (a *Server) routes() http.Handler {
	read := basicauth.Realm{Name: "mesos-agent-readonly", Credentials: a.opts.ReadOnly}.Guard
	write := basicauth.Realm{Name: "mesos-agent-readwrite", Credentials: a.opts.ReadWrite}.Guard
	paths := map[string]http.HandlerFunc{
		"/health":             a.health,
		"/state":              read(a.state),
		"/containers":         read(a.statisticsOf),
		"/monitor/statistics": read(a.statisticsOf),
		"/metrics/snapshot":   read(a.snapshot),
		"/files/read":         read(a.filesRead),
		"/files/browse":       read(a.filesBrowse),
		"/files/download":     read(a.filesDownload),
		"/files/debug":        read(a.filesDebug),
		"/api/v1":             write(a.api),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(strings.TrimSuffix(r.URL.Path, "/"), "/slave(1)")
		if h := paths[path]; h != nil {
			h(w, r)
			return
		}
		text(w, http.StatusNotFound, "404 Not Found.")
	})
}

// health answers 200 as soon as the agent serves.
func (a *Server) health(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusOK)
}

type object = map[string]any

func (a *Server) state(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	byFramework := map[string][]object{}
	infos := map[string]link.FrameworkInfo{}
	for _, r := range a.records {
		if r.Kind == "" {
			continue
		}
		fid := r.Run.FrameworkID
		infos[fid] = r.Framework
		task := object{
			"id": r.Info.Value.TaskID.Value, "name": r.Info.Value.Name, "framework_id": fid, "executor_id": "",
			"slave_id": a.identity.AgentID, "state": r.State.String(),
		}
		x := object{
			"id": r.Run.ExecutorID, "name": "", "source": r.Info.Value.TaskID.Value, "container": r.Run.ContainerID, "directory": r.Run.Sandbox,
			"tasks": []object{}, "queued_tasks": []object{}, "completed_tasks": []object{},
		}
		if executor.Terminal(r.State) {
			x["completed_tasks"] = []object{task}
		} else {
			x["tasks"] = []object{task}
		}
		byFramework[fid] = append(byFramework[fid], x)
	}
	frameworks := []object{}
	for id, xs := range byFramework {
		frameworks = append(frameworks, object{
			"id": id, "name": infos[id].Value.Name, "user": infos[id].Value.User, "executors": xs, "completed_executors": []object{},
		})
	}
	writeJSON(w, r, object{
		"version": version, "id": a.identity.AgentID, "pid": "slave(1)@" + a.Addr(), "hostname": a.opts.Hostname,
		"frameworks": frameworks, "completed_frameworks": []object{}, "flags": object{"work_dir": a.opts.WorkDir},
	})
}

func (a *Server) answer(call *agent.Call) (res *agent.Response, status int, why string) {
	switch call.Type { //nolint:exhaustive // The rest is not served.
	case agent.Call_GET_HEALTH:
		return &agent.Response{Type: agent.Response_GET_HEALTH, GetHealth: &agent.Response_GetHealth{Healthy: true}}, 0, ""
	case agent.Call_GET_VERSION:
		return &agent.Response{Type: agent.Response_GET_VERSION, GetVersion: &agent.Response_GetVersion{
			VersionInfo: mesos.VersionInfo{Version: version},
		}}, 0, ""
	case agent.Call_GET_TASKS:
		return &agent.Response{Type: agent.Response_GET_TASKS, GetTasks: a.tasks()}, 0, ""
	case agent.Call_GET_FRAMEWORKS:
		return &agent.Response{Type: agent.Response_GET_FRAMEWORKS, GetFrameworks: a.frameworks()}, 0, ""
	case agent.Call_GET_STATE:
		return &agent.Response{Type: agent.Response_GET_STATE, GetState: a.getState()}, 0, ""
	case agent.Call_GET_CONTAINERS:
		return a.containers(), 0, ""
	case agent.Call_LIST_FILES:
		return a.listFiles(call.GetListFiles().GetPath())
	case agent.Call_READ_FILE:
		return a.readFile(call.GetReadFile())
	case agent.Call_LAUNCH_NESTED_CONTAINER:
		return a.nested(call.GetLaunchNestedContainer().GetContainerID())
	case agent.Call_LAUNCH_NESTED_CONTAINER_SESSION:
		return a.nested(call.GetLaunchNestedContainerSession().GetContainerID())
	case agent.Call_ATTACH_CONTAINER_OUTPUT:
		return a.attach(call.GetAttachContainerOutput().GetContainerID())
	case agent.Call_ATTACH_CONTAINER_INPUT:
		in := call.AttachContainerInput
		if in.Type != agent.Call_AttachContainerInput_CONTAINER_ID {
			return nil, http.StatusBadRequest, "Expecting 'attach_container_input.type' to be CONTAINER_ID"
		}
		return a.attach(*in.ContainerID)
	case agent.Call_WAIT_NESTED_CONTAINER:
		return nil, http.StatusNotFound, "Container " + containerText(call.WaitNestedContainer.ContainerID) + " cannot be found"
	case agent.Call_KILL_NESTED_CONTAINER:
		return nil, http.StatusNotFound, "Container '" + containerText(call.KillNestedContainer.ContainerID) + "' cannot be found (or is already killed)"
	}
	return nil, http.StatusNotImplemented, "501 Not Implemented."
}

func (a *Server) listFiles(path string) (*agent.Response, int, string) {
	list, fault := a.list(path)
	if fault != nil {
		return nil, fault.status, fault.text
	}
	out := &agent.Response_ListFiles{}
	for _, f := range list {
		size, nlink, mode := uint64(f.Size), int32(f.Nlink), f.bits
		out.FileInfos = append(out.FileInfos, mesos.FileInfo{
			Path: f.Path, Nlink: &nlink, Size_: &size, Mode: &mode, UID: &f.UID, GID: &f.GID,
			Mtime: &mesos.TimeInfo{Nanoseconds: int64(f.Mtime * 1e9)},
		})
	}
	return &agent.Response{Type: agent.Response_LIST_FILES, ListFiles: out}, 0, ""
}

func (a *Server) readFile(call *agent.Call_ReadFile) (*agent.Response, int, string) {
	length := int64(-1)
	if call.Length != nil {
		length = int64(min(call.GetLength(), maxRead))
	}
	data, size, fault := a.read(call.GetPath(), int64(min(call.GetOffset(), math.MaxInt64)), length)
	if fault != nil {
		return nil, fault.status, fault.text
	}
	return &agent.Response{Type: agent.Response_READ_FILE, ReadFile: &agent.Response_ReadFile{Size_: uint64(size), Data: data}}, 0, ""
}

// nested refuses containers inside of others (7.2).
func (a *Server) nested(id mesos.ContainerID) (*agent.Response, int, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.records[id.Parent.Value] == nil {
		return nil, http.StatusBadRequest, "Parent container " + containerText(*id.Parent) + " does not exist"
	}
	return nil, http.StatusBadRequest, "Nested containers are not supported"
}

func (a *Server) attach(id mesos.ContainerID) (*agent.Response, int, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.records[id.Value]
	switch {
	case r == nil:
		return nil, http.StatusNotFound, "Container " + containerText(id) + " cannot be found"
	case r.Kind == Docker:
		return nil, http.StatusInternalServerError, "Unsupported"
	}
	return nil, http.StatusInternalServerError, "I/O switchboard server was disabled for this container"
}

// containerText is a container after those that it is in.
func containerText(id mesos.ContainerID) string {
	if id.Parent == nil {
		return id.Value
	}
	return containerText(*id.Parent) + "." + id.Value
}

// containers is GET_CONTAINERS.
func (a *Server) containers() *agent.Response {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := &agent.Response_GetContainers{}
	for _, r := range a.records {
		if r.Kind == "" || executor.Terminal(r.State) {
			continue
		}
		id := mesos.ContainerID{Value: r.Run.ContainerID}
		name := executorName(&r.Info.Value)
		out.Containers = append(out.Containers, agent.Response_GetContainers_Container{
			FrameworkID: &mesos.FrameworkID{Value: r.Run.FrameworkID}, ExecutorID: &mesos.ExecutorID{Value: r.Run.ExecutorID},
			ExecutorName: &name, ContainerID: id, ContainerStatus: &mesos.ContainerStatus{ContainerID: &id},
			ResourceStatistics: r.statistics(time.Now()),
		})
	}
	return &agent.Response{Type: agent.Response_GET_CONTAINERS, GetContainers: out}
}

// executorName is the name that an agent gives to the executor of a command.
func executorName(t *mesos.TaskInfo) string {
	command := t.GetCommand().GetValue()
	if t.GetCommand().GetShell() {
		command = "sh -c '" + command + "'"
	} else {
		command = strings.Join(append([]string{command}, t.GetCommand().GetArguments()...), " ")
	}
	return "Command Executor (Task: " + t.TaskID.Value + ") (Command: " + command + ")"
}
