package cli_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/milosgajdos/taurus/pkg/events"
)

// play appends what the launcher, the planner and the reaper would:
//
//	submitted JOB GROUP                       by an api of before, which took any name
//	launcher                                  a launcher is elected and subscribes
//	plan JOB RUN GROUP FROM-TO ATTEMPT
//	doom JOB RUN FROM-TO ATTEMPT REASON
//	stage JOB RUN GROUP SLOT ATTEMPT [PORT]
//	status JOB RUN SLOT ATTEMPT STATE [EXIT|- [MESSAGE]]
//	completed JOB RUN
//	failed JOB RUN SLOT ATTEMPT EXIT
//	batch JOB EXIT                            once it is submitted, its whole life
func (c *cluster) play(ctx context.Context, scene string, args []string) error {
	switch scene {
	case "launcher":
		return c.launcher(ctx)
	case "batch":
		go c.batch(ctx, args[0], number(args[1]))
		return nil
	}
	if scene == "submitted" {
		spec := fmt.Sprintf(`{"id":%q,"kind":"service","tasks":[{"name":%q,"replicas":1,"container":{"image":"nginx"}}]}`, args[0], args[1])
		_, err := c.append(ctx, c.space.Job(args[0]), events.JobSubmitted{Spec: []byte(spec)})
		return err
	}
	subject, ev, err := c.event(scene, args)
	if err != nil {
		return err
	}
	_, err = c.append(ctx, subject, ev)
	return err
}

// event is what a scene of one event appends.
func (c *cluster) event(scene string, args []string) (string, events.Event, error) {
	job, run := args[0], uint64(number(args[1]))
	switch scene {
	case "plan":
		return c.space.Plan(job), events.TasksPlanned{Run: run, Version: 1, Group: args[2], Slots: slots(args[3], args[4])}, nil
	case "doom":
		return c.space.Plan(job), events.TasksDoomed{Run: run, Slots: slots(args[2], args[3]), Reason: args[4]}, nil
	case "completed":
		return c.space.Plan(job), events.JobCompleted{Run: run}, nil
	case "failed":
		exit := number(args[4])
		return c.space.Plan(job), events.JobFailed{
			Run: run, Slot: small(args[2]), Attempt: small(args[3]), Reason: "a task failed too often", Exit: &exit,
		}, nil
	case "stage":
		ev := events.TaskStaged{
			Run: run, Version: 1, Group: args[2], Slot: small(args[3]), Attempt: small(args[4]),
			TaskID: strings.Join([]string{job, args[3], args[4]}, "-"), AgentID: "agent-1", Hostname: "host-1",
			AgentURL: "http://host-1:5051", Offers: []string{"o"}, Resources: events.Resources{CPUs: 1, Mem: 128},
		}
		if len(args) > 5 {
			ev.HostPorts = []uint32{small(args[5])}
		}
		return c.space.Task(job, ev.Slot), ev, nil
	case "status":
		ev := events.TaskStatusChanged{
			Run: run, Slot: small(args[2]), Attempt: small(args[3]), State: args[4],
			TaskID: strings.Join([]string{job, args[2], args[3]}, "-"), AgentID: "agent-1", UUID: []byte{1}, At: c.tick(),
		}
		if len(args) > 5 && args[5] != "-" {
			exit := number(args[5])
			ev.Exit = &exit
		}
		if len(args) > 6 {
			ev.Message = args[6]
		}
		return c.space.Task(job, ev.Slot), ev, nil
	}
	if scene == "health" {
		healthy := args[4] == "true"
		at := c.tick()
		return c.space.Task(job, small(args[2])), events.TaskStatusChanged{
			Run: run, Slot: small(args[2]), Attempt: small(args[3]), State: "TASK_RUNNING", Healthy: &healthy,
			Reason: "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED", UUID: []byte(at.String()), At: at,
		}, nil
	}
	return "", nil, fmt.Errorf("no scene %q", scene)
}

// batch waits for the submission of a job of one task and runs it to an exit.
func (c *cluster) batch(ctx context.Context, job string, exit int) {
	var run uint64
	for run == 0 {
		run = c.submitted(ctx, job)
	}
	r, code := strconv.FormatUint(run, 10), strconv.Itoa(exit)
	end, outcome := "TASK_FINISHED", []string{"completed", job, r}
	if exit != 0 {
		end, outcome = "TASK_FAILED", []string{"failed", job, r, "0", "1", code}
	}
	for _, line := range [][]string{
		{"plan", job, r, "batch", "0-0", "1"},
		{"stage", job, r, "batch", "0", "1"},
		{"status", job, r, "0", "1", "TASK_RUNNING"},
		{"status", job, r, "0", "1", end, code},
		outcome,
	} {
		if err := c.play(ctx, line[0], line[1:]); err != nil {
			panic(err)
		}
	}
}

// submitted is the run of a job, 0 if the log does not have it.
func (c *cluster) submitted(ctx context.Context, job string) uint64 {
	bounds, err := c.log.Bounds(ctx)
	if err != nil {
		panic(err)
	}
	for rec, err := range c.log.Read(ctx, 1, bounds.Last) {
		if err == nil && rec.Subject == c.space.Job(job) {
			return rec.Sequence
		}
	}
	return 0
}

func slots(span, attempt string) []events.SlotRange {
	from, to, _ := strings.Cut(span, "-")
	return []events.SlotRange{{From: small(from), To: small(to), Attempt: small(attempt)}}
}

func small(text string) uint32 { return uint32(number(text)) }

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}
