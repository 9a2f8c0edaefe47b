package sim

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/world"
)

// disturb lets users, operators, processes, Mesos or NATS do something.
func (r *Run) disturb() {
	all := []func(){
		r.kill, r.kill, r.kill, r.stop, r.cut, r.partition, r.partition, r.crash, r.heal, r.heal, r.heal,
		r.restartMaster, r.logAway, r.loseLease, r.blind, r.blind, r.stuck, r.jump, r.unreachableMaster, r.share, r.fill, r.intrude,
		r.submit, r.submit, r.submit, r.scale, r.scale, r.stopJob, r.stopJob, r.replaceJob,
		r.update, r.update, r.update, r.restart,
		r.steer, r.steer, r.unplanned,
		r.submitWork, r.submitWork, r.submitWork, r.submitOrdered, r.submitOrdered, r.stopWork, r.killTasks, r.killTasks,
	}
	if r.Drains {
		all = append(all, r.drain, r.drain, r.undrain, r.maintain, r.endMaintenance)
	}
	if r.Policies {
		all = append(all, r.setPolicy, r.setPolicy)
	}
	all[r.rng.IntN(len(all))]()
}

// one is any process of the roles.
func (r *Run) one(roles ...string) int {
	of := r.names[roles[r.rng.IntN(len(roles))]]
	return of[r.rng.IntN(len(of))]
}

func (r *Run) kill() {
	i := r.one("commander", "planner", "launcher", "launcher", "reaper")
	r.end(i, "kill", func() { r.World.Kill(i) })
}

// unplanned has no planner run for a while.
func (r *Run) unplanned() {
	wait := r.upTo(3 * time.Minute)
	for _, i := range r.names["planner"] {
		if p := r.World.Processes[i]; p.Alive {
			r.act("kill "+p.Name, func() { r.World.Kill(i) })
			r.after(wait, "start "+p.Name, func() { r.World.Start(i, 0) })
		}
	}
}

// stop has a launcher end in an orderly way.
func (r *Run) stop() {
	i := r.one("launcher")
	r.end(i, "stop", func() { r.World.Stop(i) })
}

// end ends a process and starts it again, at once or after a while.
func (r *Run) end(i int, how string, do func()) {
	p := r.World.Processes[i]
	if !p.Alive {
		return
	}
	r.act(how+" "+p.Name, do)
	ahead := time.Duration(0)
	// A planner with a clock that is ahead gives up an agent too early, once, before
	// it knew.
	if (p.Role == "launcher" || p.Role == "reaper") && r.rng.IntN(4) == 0 {
		ahead = r.upTo(2*time.Hour) - time.Hour
	}
	wait := time.Duration(0)
	if r.rng.IntN(2) == 0 {
		wait = r.upTo(20 * time.Second)
	}
	r.after(wait, "start "+p.Name, func() { r.World.Start(i, ahead) })
}

func (r *Run) cut() {
	arrived := r.rng.IntN(2) == 0
	r.act(fmt.Sprintf("cut the stream, all had arrived: %t", arrived), func() { r.World.Cut(arrived) })
}

func (r *Run) agent() int { return r.rng.IntN(len(r.World.Master.Agents)) }

func (r *Run) partition() {
	a := r.agent()
	r.act(fmt.Sprintf("partition S%d", a), func() { r.World.Partition(a) })
}

func (r *Run) crash() {
	a := r.agent()
	r.act(fmt.Sprintf("crash S%d", a), func() { r.World.Crash(a) })
}

func (r *Run) heal() {
	a := r.agent()
	r.act(fmt.Sprintf("heal S%d", a), func() { r.mend(a) })
}

func (r *Run) mend(agent int) {
	r.World.Heal(agent)
	r.World.Replace(agent)
}

func (r *Run) restartMaster() {
	step := 1 + r.upTo(3*time.Second)
	r.act("kill the master", r.World.KillMaster)
	r.after(r.upTo(5*time.Second), "start a master", func() { r.World.StartMaster(step) })
}

// logAway has nobody reach the log for a while. The lease may run out meanwhile.
func (r *Run) logAway() {
	if r.World.LogAway {
		return
	}
	d := r.upTo(20 * time.Second)
	r.act("the log is away", func() { r.World.LogAway = true })
	r.after(d, "the log is back", func() {
		r.World.LogAway = false
		if d > r.World.Options.LeaseTTL {
			r.World.LoseLease()
		}
	})
}

func (r *Run) loseLease() { r.act("the lease is lost", r.World.LoseLease) }

func (r *Run) blind() {
	p, d := r.World.Processes[r.one("planner", "launcher", "reaper", "commander")], r.upTo(20*time.Second)
	r.act(fmt.Sprintf("%s reads nothing for %v", p.Name, d), func() { p.BlindUntil = r.World.Now.Add(d) })
}

func (r *Run) stuck() {
	p, d := r.World.Processes[r.one("planner", "launcher", "reaper", "commander")], r.upTo(20*time.Second)
	r.act(fmt.Sprintf("%s does nothing for %v", p.Name, d), func() { p.StuckUntil = r.World.Now.Add(d) })
}

// jump sets a clock.
func (r *Run) jump() {
	p, d := r.World.Processes[r.one("launcher", "reaper")], r.upTo(time.Hour)
	r.act(fmt.Sprintf("the clock of %s jumps by %v", p.Name, d), func() { p.Ahead += d })
}

// unreachableMaster keeps a process from the master for a while.
func (r *Run) unreachableMaster() {
	i, d := r.one("launcher", "reaper"), r.upTo(90*time.Second)
	p := r.World.Processes[i]
	r.act(p.Name+" cannot reach the master", func() { r.World.Isolate(i) })
	r.after(d, p.Name+" can reach the master", func() { p.CutFromMesos = false })
}

// share tells a planner or a reaper which part of the jobs is its own. Nothing may
// depend on whether that is true.
func (r *Run) share() {
	i := r.one("planner", "reaper")
	mine := make([]bool, r.World.Options.Space.Partitions())
	for n := range mine {
		mine[n] = r.rng.IntN(2) == 0
	}
	if r.rng.IntN(3) == 0 {
		mine = nil
	}
	r.act(r.World.Processes[i].Name+" shares", func() { r.World.Tell(i, deciding.Shared{Mine: mine}) })
}

// intrude has a stranger write what is rejected, where taurus writes and expects.
func (r *Run) intrude() {
	space, id := r.World.Options.Space, []string{"steady", "moving", "work", "sick"}[r.rng.IntN(4)]
	subject := []string{
		space.Job(id), space.Plan(id), space.Kill(id), space.Task(id, r.some()-1), space.Launcher(0), space.Launcher(1),
		"taurus.ev.63.job." + id, "orders.new",
	}[r.rng.IntN(8)]
	// None fits a role, a type and a bound at once.
	body := [][2]string{
		{"taurus.job.scaled.v1", `{"run":"x"}`},
		{"taurus.kill.issued.v1", `{"run":1,"slots":[{"from":0,"to":4294967295,"attempt":1}]}`},
		{"taurus.plan.tasks_planned.v1", `{"run":1,"version":1,"group":"web","slots":[{"from":0,"to":999999,"attempt":1}]}`},
		{"taurus.launcher.framework_registered.v1", `{}`},
		{"taurus.task.status_changed.v1", `{"slot":77,"attempt":1,"state":"TASK_FAILED"}`},
	}[r.rng.IntN(5)]
	r.act(fmt.Sprintf("a stranger writes %s onto %s", body[0], subject), func() { r.World.Intrude(subject, body[0], body[1]) })
}

// fill has the log be nearly full for a while.
func (r *Run) fill() {
	r.act("the log is nearly full", func() { r.usage(0.95) })
	r.after(r.upTo(30*time.Second), "the log has room", func() { r.usage(0) })
}

func (r *Run) usage(share float64) {
	r.World.LogFull = share
	used := uint64(share * world.LogMax)
	for _, i := range r.names["planner"] {
		r.World.Tell(i, planning.Usage{Bytes: used, MaxBytes: world.LogMax})
	}
	for _, i := range r.names["reaper"] {
		r.World.Tell(i, reaping.Usage{Bytes: used, MaxBytes: world.LogMax})
	}
}

func submit(spec *job.Spec) submission.Command {
	c, err := world.Submission(spec)
	if err != nil {
		panic(err) // The specs are this package's.
	}
	return c
}

// ask gives a command to a commander that runs. Its user may lose patience.
func (r *Run) ask(id string, c submission.Command) {
	i := r.one("commander")
	if p := r.World.Processes[i]; p.Alive {
		r.act(fmt.Sprintf("a user asks %s for %T of %s", p.Name, c, id), func() {
			r.abandon(r.World.Ask(i, id, c))
		})
	}
}

func (r *Run) some() uint32 { return uint32(1 + r.rng.IntN(5)) }

func (r *Run) submit() {
	switch r.rng.IntN(6) {
	case 4, 5:
		overlap := []string{job.OverlapAllow, job.OverlapForbid, job.OverlapReplace}[r.rng.IntN(3)]
		missed := []string{job.MissedNone, job.MissedLast, job.MissedAll}[r.rng.IntN(3)]
		if overlap == job.OverlapForbid && missed == job.MissedAll {
			missed = job.MissedLast // It would catch up, one after the other, for longer than is waited for.
		}
		r.ask("nightly", submit(world.Periodic("nightly", overlap, missed)))
	case 0:
		r.ask("moving", submit(r.keeping(world.Service("moving", r.some()))))
	case 1:
		r.ask("work", submit(r.keeping(world.Batch("work"))))
	case 2:
		large := world.Service("large", r.some())
		large.Tasks[0].Resources.CPU = 3.5
		large.Tasks[0].Env = map[string]job.Variable{"PASSWORD": {Secret: "large/password"}}
		r.ask("large", submit(large))
	case 3:
		sick := world.Crashing("sick", 2, 3*time.Second)
		if r.rng.IntN(3) == 0 {
			sick.Tasks[0].Labels[world.LabelUnlaunchable] = "true"
		}
		r.ask("sick", submit(sick))
	}
}

// keeping has two seeds of three keep the original of a job's tasks, for short or for as
// long as a run takes.
func (r *Run) keeping(s *job.Spec) *job.Spec {
	wait := time.Duration(r.Seed%3) * 5 * time.Second
	if wait == 0 || !r.Keeps {
		return s
	}
	giveUp := job.Patience(12 * wait)
	if r.Seed%2 == 0 {
		giveUp = job.Never
	}
	for i := range s.Tasks {
		s.Tasks[i].Unreachable = &job.Unreachable{ReplaceAfter: job.Patience(wait), Keep: job.KeepOriginal, GiveUpAfter: giveUp}
	}
	return s
}

func (r *Run) scale() {
	id := []string{"steady", "moving"}[r.rng.IntN(2)]
	r.ask(id, submission.Scale{Replicas: r.some(), Limits: job.DefaultLimits()})
}

// update changes what a job runs, or how that is rolled out, to something that comes up
// or does not.
func (r *Run) update() {
	id := []string{"steady", "moving"}[r.rng.IntN(2)]
	s := r.keeping(world.Service(id, r.some()))
	s.Tasks[0].Container.Image = []string{"x", "y", "z"}[r.rng.IntN(3)]
	if r.rng.IntN(4) == 0 {
		s.Tasks[0].Labels = map[string]string{world.LabelRunFor: "3s", world.LabelExitCode: "1"}
	}
	if r.rng.IntN(4) == 0 {
		s.Tasks[0].Constraints = []job.Constraint{{Attribute: job.AttributeHostname, Operator: job.OpUnique}}
	}
	s.Tasks[0].KillSelection = r.selection()
	r.checks(s)
	amount := func() *job.Amount {
		if r.rng.IntN(2) == 0 {
			return nil
		}
		return &job.Amount{Number: uint32(r.rng.IntN(3))}
	}
	s.Rollout = &job.Rollout{
		MaxSurge: amount(), MaxUnavailable: amount(), AutoRollback: r.rng.IntN(2) == 0,
		MinHealthy: job.Duration(1 + r.upTo(10*time.Second)), ProgressDeadline: job.Duration(30*time.Second + r.upTo(5*time.Minute)),
		Canary: uint32(r.rng.IntN(2)),
	}
	r.ask(id, updating(s))
}

func updating(spec *job.Spec) submission.Command {
	c, err := world.Updating(spec)
	if err != nil {
		panic(err) // The specs are this package's.
	}
	return c
}

func (r *Run) restart() {
	r.ask([]string{"steady", "moving"}[r.rng.IntN(2)], submission.Restart{})
}

func (r *Run) stopJob() {
	id := []string{"moving", "sick", "large", "work", "nightly"}[r.rng.IntN(5)]
	r.ask(id, submission.Stop{KeepRuns: r.rng.IntN(3) == 0})
}

// steer has a schedule wait or go on, or a run begin.
func (r *Run) steer() {
	switch r.rng.IntN(3) {
	case 0:
		r.ask("nightly", submission.SteerSchedule{Action: events.SchedulePause})
	case 1:
		r.ask("nightly", submission.SteerSchedule{Action: events.ScheduleResume})
	case 2:
		r.ask("nightly", submission.RunNow{})
	}
}

// replaceJob is stopped, deleted and submitted again.
func (r *Run) replaceJob() {
	r.ask("moving", submission.Stop{})
	r.after(r.upTo(3*time.Second), "then", func() {
		r.ask("moving", submission.Delete{})
		r.ask("moving", submit(r.keeping(world.Service("moving", r.some()))))
	})
}

// calm ends all faults.
func (r *Run) calm() {
	r.act("calm", func() {
		w := r.World
		for _, p := range r.later {
			p.do()
		}
		r.later = nil
		w.LogAway = false
		r.usage(0)
		w.StartMaster(time.Second)
		for i := range w.Master.Agents {
			w.EndMaintenance(i)
			r.mend(i)
		}
		for i, p := range w.Processes {
			p.CutFromMesos, p.BlindUntil, p.StuckUntil = false, time.Time{}, time.Time{}
			if !p.Alive {
				w.Start(i, 0)
			}
		}
	})
}
