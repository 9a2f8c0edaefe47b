package events_test

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/pkg/events"
)

// sample is an event with every member set, where it is written, and the
// envelope it comes with.
type sample struct {
	subject string
	env     events.Envelope
	event   events.Event
}

func at(sec int) time.Time { return time.Date(2026, 3, 1, 12, 0, sec, 250_000_000, time.UTC) }

func samples() []sample {
	space := events.NewSpace(0)
	const id = "batch/web.site"
	env := func(role string, epoch, counter uint64) events.Envelope {
		return events.Envelope{
			ID: "taurus.ev.7." + role + "@41/x", Source: "taurus/" + role + "/a", Time: at(0),
			Actor: "ada", Cause: 41, Epoch: epoch, Counter: counter,
			TraceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		}
	}
	onBehalf := func(s sample) sample {
		s.env.OnBehalfOf = "grace"
		return s
	}
	job := func(ev events.Event) sample { return sample{space.Job(id), env("api", 0, 0), ev} }
	plan := func(ev events.Event) sample { return sample{space.Plan(id), env("planner", 0, 0), ev} }
	task := func(ev events.Event) sample { return sample{space.Task(id, 3), env("launcher", 9, 0), ev} }
	ctl := func(ev events.Event) sample { return sample{space.Launcher(0), env("launcher", 9, 0), ev} }
	admin := func(ev events.Event) sample { return sample{events.LogSubject, env("cli", 0, 0), ev} }
	access := func(ev events.Event) sample { return sample{events.AccessSubject, env("api", 0, 0), ev} }
	ranges := []events.SlotRange{{From: 0, To: 2, Attempt: 1}, {From: 3, To: 3, Attempt: 4}}
	return []sample{
		job(events.JobSubmitted{Spec: jsontext.Value(`{"id":"batch/web.site","tasks":[]}`), IdempotencyKey: "k1"}),
		job(events.JobScaled{Run: 5, Version: 2, Group: "web", Replicas: 7}),
		job(events.JobUpdated{Run: 5, Version: 3, Spec: jsontext.Value(`{"id":"batch/web.site","tasks":[]}`), RevertOf: 1, IdempotencyKey: "k2"}),
		job(events.VersionTagged{Run: 5, Version: 3, Tag: "stable"}),
		job(events.KillRequested{Run: 5, Group: "web", Slots: ranges, Reason: "stuck", Version: 3, Replicas: 6, IdempotencyKey: "k3"}),
		job(events.JobRestarted{Run: 5, Version: 3, Group: "web", Slots: []events.SlotRange{{From: 0, To: 2}}, Reason: "leaks", IdempotencyKey: "k4"}),
		job(events.RolloutSteered{Run: 5, Version: 3, Action: events.RolloutRollback, To: 2, Reason: "slow"}),
		job(events.JobStopped{Run: 5, Reason: "over", KeepRuns: true}),
		job(events.ScheduleSteered{Run: 5, Action: events.SchedulePause, Reason: "migration"}),
		job(events.RunRequested{Run: 5, Version: 2, Number: 7, Parameters: map[string]string{"INPUT": "a.csv"}, IdempotencyKey: "k2", Reason: "by hand"}),
		onBehalf(job(events.JobDeleted{Run: 5})),
		plan(events.TasksPlanned{Run: 5, Version: 2, Group: "web", Slots: ranges, NotBefore: at(9), Reason: "after FAILED", Beside: true}),
		plan(events.TasksDoomed{Run: 5, Slots: ranges, Reason: "job stopped", GraceMillis: 5000, Class: "stopped", Keep: true, KillBound: 1000}),
		plan(events.RolloutEnded{Run: 5, Version: 3, Began: 41, Outcome: events.RolloutFailed, Reason: "no slot came up in 10m0s"}),
		plan(events.RolloutReverted{Run: 5, Version: 3, Began: 41, To: 2, Reason: "no slot came up in 10m0s"}),
		plan(events.RunDue{
			Run: 5, Version: 2, At: at(30), Outcome: events.RunMissed, Count: 3, From: at(10), Replaces: true, Reason: "no planner was up",
		}),
		plan(events.JobCompleted{Run: 5}),
		plan(events.JobExpired{Run: 5, KeptMillis: 3600_000}),
		plan(events.JobFailed{Run: 5, Slot: 3, Attempt: 4, Reason: "task 3 FAILED", Exit: new(137)}),
		task(events.TaskStaged{
			Run: 5, Version: 2, Group: "web", Slot: 3, Attempt: 4, TaskID: "batch_web.site-5-3-4", AgentID: "S1",
			Hostname: "h1", AgentURL: "http://h1:5051", Offers: []string{"O1", "O2"}, HostPorts: []uint32{31000, 31001},
			Resources:  events.Resources{CPUs: 0.5, Mem: 128, Disk: 10.125, GPUs: 1},
			Attributes: map[string]string{"rack": "r1", "zone": "z"},
			Secrets:    []events.SecretVersion{{Name: "db/password", Version: "7"}},
		}),
		task(events.TaskWithdrawn{Run: 5, Slot: 3, Attempt: 4, TaskID: "batch_web.site-5-3-4", Reason: "job stopped"}),
		task(events.TaskAdopted{
			Index: new(uint32),
			Run:   5, Version: 2, Group: "web", Slot: 3, Attempt: 4, TaskID: "batch_web.site-5-3-4", AgentID: "S1", State: "TASK_RUNNING",
		}),
		{space.Task(id, 3), env("launcher", 9, 17), events.TaskStatusChanged{
			Run: 5, Slot: 3, Attempt: 4, TaskID: "batch_web.site-5-3-4", AgentID: "S1", State: "TASK_FAILED",
			Reason: "REASON_COMMAND_EXECUTOR_FAILED", Message: "exited", Source: "SOURCE_EXECUTOR", UUID: []byte("0123456789abcdef"),
			Healthy: new(false), Addresses: []string{"10.0.0.7"}, ContainerID: "c-1", Exit: new(0), At: at(7),
		}},
		{space.Kill(id), env("reaper", 0, 0), events.KillIssued{Run: 5, Slots: ranges, GraceMillis: 5000}},
		ctl(events.LauncherElected{Nonce: "N", Instance: "a"}),
		ctl(events.FrameworkRegistered{FrameworkID: "F-1"}),
		ctl(events.SubscriptionOpened{FrameworkID: "F-1", StreamID: "s-1", Master: "http://m:5050", MasterID: "M-1"}),
		ctl(events.SubscriptionClosed{StreamID: "s-1", Reason: "heartbeats stopped"}),
		{space.Launcher(0), env("launcher", 9, 17), events.TasksListed{Loss: 46, Tasks: 12}},
		{space.Launcher(0), env("launcher", 9, 18), events.AgentUnavailable{AgentID: "S1", Hostname: "h1", From: at(30), Until: at(50)}},
		{events.AgentsSubject, env("api", 0, 0), events.AgentDrained{AgentID: "S1", Hostname: "h1", Reason: "new disks", Deadline: at(40)}},
		{events.AgentsSubject, env("api", 0, 0), events.AgentRestored{AgentID: "S1", Hostname: "h1", Reason: "done"}},
		access(events.TokenCreated{
			ID: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", Owner: "ada", Hash: strings.Repeat("0f", 32), Roles: []string{"operator", "shop"}, Expires: at(50),
		}),
		access(events.TokenRevoked{ID: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", Reason: "lost"}),
		access(events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"read", "stop"}, Jobs: []string{"shop/*", "cart"}}}}),
		access(events.RoleRemoved{Name: "shop"}),
		access(events.GroupBound{Group: "/org/shop", Roles: []string{"shop"}}),
		access(events.PolicySet{Hash: strings.Repeat("0f", 32), Text: "rules: []\n"}),
		{space.Why(id), env("launcher", 9, 0), events.VerdictChanged{
			Run: 5, Group: "web", Waiting: 2, Sequence: 99, Offers: 3, Reasons: map[string]uint32{"cpus": 2, "ports": 1},
			Summary: "2 waiting", Nearest: &events.NearestMiss{Hostname: "h1", AgentID: "S1", Lacked: []string{"cpus: 2 wanted, 0.5 free"}},
			Code: "secret-missing",
		}},
		{space.Offers(0), env("launcher", 9, 0), events.AgentsOffered{Sequence: 99, Agents: []events.AgentOffer{{
			AgentID: "S1", Hostname: "h1", Role: "*", Resources: events.Resources{CPUs: 4, Mem: 8192},
			Ports: []events.PortRange{{From: 31000, To: 32000}}, Attributes: map[string]string{"rack": "r1"}, UnavailableFrom: at(9),
		}}}},
		{events.AuditRefused, env("api", 0, 0), events.RequestAnswered{
			Principal: "ann", By: "token", Credential: "0a1b", OnBehalfOf: "bob", Address: "10.0.0.7", Method: "POST", Route: "/v2/jobs/:id/stop",
			Job: "web", Right: "stop", Outcome: "refused", Status: 403, Reason: "forbidden", Sequence: 99, RequestID: "r1", Count: 3, Others: true, Dropped: 2,
		}},
		{events.AuditUsed, env("api", 0, 0), events.TokenUsed{ID: "0a1b", Owner: "ann", Address: "10.0.0.7"}},
		{events.SealSubject, env("planner", 0, 0), events.LogSealed{
			Through: 98, Hash: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", Records: 57,
		}},
		admin(events.LossAccepted{From: 46, To: 80, Reason: "the disk of nats-1 broke"}),
		admin(events.LogCreated{ID: "6f0c1d2e", Partitions: 64}),
		admin(events.SequenceSkipped{To: 80}),
	}
}
