package sim

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/world"
)

const (
	// disturbances is how many there are in a run.
	disturbances = 40
	// late is for how long what was held back is still under way.
	late = 30 * time.Second
	// soon is when, after the faults are over, Mesos has to run what the jobs want:
	// what cannot be reached was given up by then.
	soon = 7 * time.Minute
	// settled is when, after that, the log has to say so, too: all tasks were asked
	// about by then.
	settled = 13 * time.Minute
	// restless is how many steps may come in a run.
	restless = 1_000_000
)

// Run is one run of a seed.
type Run struct {
	Seed  uint64
	World *world.World
	// Steps is how many there were, Trace what they were: equal for equal runs.
	Steps int
	// Watch is told of every step before it is done; nil for nobody.
	Watch func(line string)
	// Drains has users drain hosts, and operators announce maintenance.
	Drains bool
	// Policies has operators set other policies.
	Policies bool
	// Keeps has most jobs keep the original of a task that is cut off, two seeds of three.
	Keeps bool

	rng    *rand.Rand
	trace  hash.Hash64
	line   []byte
	temper temper
	later  []plan
	steps  []world.Step
	fates  []world.Fate
	names  map[string][]int // the processes of each role
}

// temper is how a seed is: how often what goes wrong, and how slow everything is.
type temper struct {
	// logFaults and masterFaults are the chances in a hundred that a message does
	// not simply arrive.
	logFaults, masterFaults, holds int
	// idle is how much likelier it is that time passes although something could be
	// done, stride how much time at most.
	idle   int
	stride time.Duration
}

// plan is something that happens at a time.
type plan struct {
	at   time.Time
	what string
	do   func()
}

// New makes a run of a seed that has not begun.
func New(seed uint64) *Run { return newRun(seed, false) }

// Open is New for processes that never close their books. It has to come to the same.
func Open(seed uint64) *Run { return newRun(seed, true) }

func newRun(seed uint64, open bool) *Run {
	rng := rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // A simulation has to repeat.
	r := &Run{Seed: seed, Drains: true, Policies: true, Keeps: true, rng: rng, trace: fnv.New64a(), names: map[string][]int{}}
	r.World = world.New(world.Options{Agents: 4, StartSpread: 400 * time.Millisecond, KillBound: bound(r), Reserved: reserved(r), Open: open})
	r.temper = temper{
		logFaults: rng.IntN(8), masterFaults: rng.IntN(10), holds: rng.IntN(4),
		idle: []int{1, 2, 5, 20}[rng.IntN(4)], stride: []time.Duration{10 * time.Millisecond, 200 * time.Millisecond, time.Second}[rng.IntN(3)],
	}
	for _, role := range []string{"commander", "planner", "launcher", "reaper"} {
		for i := range 2 {
			at := r.World.Add(role, fmt.Sprintf("%s-%d", role, i+1))
			r.names[role] = append(r.names[role], at)
			r.World.Start(at, 0)
		}
	}
	return r
}

// wish has users want what can be. Something has to run; a job that crashes for ever is
// never quiet, and one that needs whole agents may never find them. What rests since it
// does not come up is brought to something that does.
func (r *Run) wish() {
	by := r.names["commander"][0]
	r.World.Ask(by, "steady", updating(r.keeping(world.Service("steady", 4))))
	r.World.Ask(by, "moving", updating(r.keeping(world.Service("moving", 3))))
	r.World.Ask(by, "sick", submission.Stop{})
	r.World.Ask(by, "large", submission.Stop{})
	r.rest()
}

// Trace tells runs apart that did not do the same steps.
func (r *Run) Trace() uint64 { return r.trace.Sum64() }

// Do does the whole run and returns what went wrong.
func (r *Run) Do() []string {
	r.World.Ask(r.names["commander"][0], "steady", submit(r.keeping(world.Service("steady", 4))))
	for range disturbances {
		gap := r.upTo(4 * time.Second)
		if r.rng.IntN(25) == 0 {
			gap = 6 * time.Minute // Agents that are away are given up.
		}
		r.drive(r.World.Now.Add(gap), true)
		r.disturb()
		if len(r.World.Violations) > 0 {
			return r.World.Violations
		}
	}
	r.drive(r.World.Now.Add(10*time.Second), true)
	r.calm()
	calm := r.World.Now
	r.drive(r.World.Now.Add(late), false)
	r.loosen()
	r.drive(r.World.Now.Add(10*time.Second), false)
	r.wish()
	r.restoreMost()
	r.World.Ask(r.names["commander"][0], "nightly", submission.SteerSchedule{Action: events.ScheduleResume})
	r.drive(r.World.Now.Add(late+world.Patience), false)
	if wrong := slices.Concat(r.World.Violations, r.World.Unaccounted()); len(wrong) > 0 {
		return append(wrong, "the schedule is not as the log tells")
	}
	r.World.Ask(r.names["commander"][0], "nightly", submission.Stop{})
	if wrong := r.watch(calm, soon); len(wrong) > 0 {
		return append(wrong, "it is overdue in the calm")
	}
	if wrong := slices.Concat(r.World.Violations, r.World.Shortfalls(), r.World.Halves()); len(wrong) > 0 {
		return append(wrong, fmt.Sprintf("%v after the faults were over", soon))
	}
	r.drive(r.World.Now.Add(settled), false)
	if wrong := slices.Concat(r.World.Violations, r.World.Disagreements(), r.World.Lingerers()); len(wrong) > 0 {
		return append(wrong, fmt.Sprintf("%v after the faults were over", soon+settled))
	}
	if r.World.Master.Launches == 0 {
		return []string{"nothing was ever launched"}
	}
	return nil
}

// drive does steps until a time has come, and in the calm until nothing is left to
// be done at that time.
func (r *Run) drive(until time.Time, faults bool) {
	w := r.World
	for len(w.Violations) == 0 {
		r.due()
		if r.Steps++; r.Steps > restless {
			w.Violations = append(w.Violations, "it never comes to rest")
			return
		}
		r.steps = w.Enabled(r.steps[:0])
		if !w.Now.Before(until) && (faults || len(r.steps) == 0) {
			return
		}
		r.step(r.choose(until, faults))
	}
}

// choose chooses the next of the steps that may come, or lets time pass.
func (r *Run) choose(until time.Time, faults bool) world.Step {
	const usual = 16
	n := len(r.steps) * usual
	if faults {
		n += r.temper.idle
	}
	i := len(r.steps)
	if n > 0 {
		i = r.rng.IntN(n) / usual
	}
	if i >= len(r.steps) {
		return world.Step{Kind: world.Advance, To: r.next(until)}
	}
	s := r.steps[i]
	if s.Kind == world.Fold && s.Count > 1 && r.rng.IntN(2) == 0 {
		s.Count = 1 + r.rng.IntN(s.Count)
	}
	if s.Kind == world.Meet && faults {
		s.Fate = r.fate(s.Message)
	}
	return s
}

// next is what the time becomes if it passes now.
func (r *Run) next(until time.Time) time.Time {
	to := until
	if timer := r.World.NextTimer(); !timer.IsZero() && timer.Before(to) {
		to = timer
	}
	for _, p := range r.later {
		if p.at.Before(to) {
			to = p.at
		}
	}
	if len(r.steps) > 0 {
		if stride := r.World.Now.Add(1 + r.upTo(r.temper.stride)); stride.Before(to) {
			to = stride
		}
	}
	return to
}

// fate draws what becomes of a message.
func (r *Run) fate(id uint64) world.Fate {
	m := r.World.Message(id)
	chance := map[world.Receiver]int{
		world.ToLog: r.temper.logFaults, world.ToMaster: r.temper.masterFaults, world.ToProcess: r.temper.holds,
	}[m.To]
	if !m.NotBefore.IsZero() || r.rng.IntN(100) >= chance {
		return world.Fate{}
	}
	held := r.upTo(time.Second)
	if r.rng.IntN(3) == 0 {
		held = r.upTo(25 * time.Second)
	}
	r.fates = r.World.Fates(id, 1+held, r.fates[:0])
	if len(r.fates) == 0 {
		return world.Fate{}
	}
	return r.fates[r.rng.IntN(len(r.fates))]
}

func (r *Run) step(s world.Step) {
	r.note(func() string { return r.World.Describe(s) })
	r.line = append(r.line[:0], byte(s.Kind), byte(s.Fate.Kind))
	for _, n := range []int64{int64(s.Process), int64(s.Message), int64(s.Count), int64(s.Fate.For), r.World.Now.UnixNano()} {
		r.line = binary.LittleEndian.AppendUint64(r.line, uint64(n))
	}
	_, _ = r.trace.Write(r.line)
	r.World.Do(s)
}

func (r *Run) note(line func() string) {
	if r.Watch != nil {
		r.Watch(r.World.Now.Format("15:04:05.000 ") + line())
	}
}

// act does something that is not a step of the world.
func (r *Run) act(what string, do func()) {
	r.note(func() string { return "--- " + what })
	_, _ = fmt.Fprintln(r.trace, what)
	do()
}

// after does something when a while has passed.
func (r *Run) after(d time.Duration, what string, do func()) {
	r.later = append(r.later, plan{at: r.World.Now.Add(d), what: what, do: do})
}

// due does what was planned for now.
func (r *Run) due() {
	for i := 0; i < len(r.later); {
		p := r.later[i]
		if r.World.Now.Before(p.at) {
			i++
			continue
		}
		r.later = slices.Delete(r.later, i, i+1)
		r.act(p.what, p.do)
	}
}

func (r *Run) upTo(d time.Duration) time.Duration { return time.Duration(r.rng.Int64N(int64(d))) }
