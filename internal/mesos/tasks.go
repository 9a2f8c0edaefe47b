package mesos

import (
	"context"
	"fmt"
	"strconv"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"
)

// Tasks lists the tasks of a framework that have not ended, unreachable ones
// included, by GET_TASKS of the leading master. Statuses carry no labels, so
// this is where a task that the log does not know is told apart.
func (c *Client) Tasks(ctx context.Context, frameworkID string) ([]TaskRef, error) {
	answer, err := c.ask(ctx, master.Call_GET_TASKS)
	if err != nil {
		return nil, fmt.Errorf("mesos: tasks: %w", err)
	}
	return decodeTasks(answer, frameworkID)
}

// Awaited is how many agents were registered with the master before the leading one
// and have not come back to it, by GET_AGENTS. It does not know their tasks; after
// its --agent_reregister_timeout it gives them up.
func (c *Client) Awaited(ctx context.Context) (int, error) {
	answer, err := c.ask(ctx, master.Call_GET_AGENTS)
	if err != nil {
		return 0, fmt.Errorf("mesos: agents: %w", err)
	}
	var resp master.Response
	if err := unmarshal(answer, &resp); err != nil {
		return 0, err
	}
	return len(resp.GetGetAgents().GetRecoveredAgents()), nil
}

// ask makes a call without arguments of the leading master's operator API.
func (c *Client) ask(ctx context.Context, call master.Call_Type) (answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTimeout)
	defer cancel()
	err = c.lead(ctx, func(base string) (err error) {
		answer, err = c.operator.fetch(ctx, request{
			call: call.String(), url: base + pathOperator, msg: &master.Call{Type: call},
		}, c.cfg.EventMax)
		return err
	})
	return answer, err
}

func decodeTasks(answer []byte, frameworkID string) (refs []TaskRef, err error) {
	var resp master.Response
	if err := unmarshal(answer, &resp); err != nil {
		return nil, err
	}
	for _, list := range [][]mesos.Task{resp.GetGetTasks().GetTasks(), resp.GetGetTasks().GetUnreachableTasks()} {
		for i := range list {
			if list[i].FrameworkID.Value == frameworkID {
				refs = append(refs, taskRef(&list[i]))
			}
		}
	}
	return refs, nil
}

func taskRef(t *mesos.Task) TaskRef {
	ref := TaskRef{
		TaskID:  t.TaskID.Value,
		AgentID: t.AgentID.Value,
		Name:    t.Name,
		State:   t.GetState().String(),
	}
	readLabels(&ref, t.GetLabels().GetLabels())
	return ref
}

// readLabels takes all of taurus' labels or none; tasks of older versions have no index.
func readLabels(r *TaskRef, wire []mesos.Label) {
	values := map[string]string{}
	for _, l := range wire {
		if _, ok := values[l.Key]; !ok {
			values[l.Key] = l.GetValue()
		}
	}
	run, errRun := strconv.ParseUint(values[labelRun], 10, 64)
	slot, errSlot := strconv.ParseUint(values[labelSlot], 10, 32)
	attempt, errAttempt := strconv.ParseUint(values[labelAttempt], 10, 32)
	version, errVersion := strconv.ParseUint(values[labelVersion], 10, 64)
	if values[labelJob] == "" || errRun != nil || errSlot != nil || errAttempt != nil || errVersion != nil {
		return
	}
	r.Ours = true
	r.Job, r.Group = values[labelJob], values[labelGroup]
	r.Run, r.Version = run, version
	r.Slot, r.Attempt = uint32(slot), uint32(attempt)
	index, err := strconv.ParseUint(values[labelIndex], 10, 32)
	r.Index, r.Indexed = uint32(index), err == nil
}
