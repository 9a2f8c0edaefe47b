package explore

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
)

// Scope is what an exploration looks at: how large the system is, and how much may
// go wrong in one run.
type Scope struct {
	Name string
	// Replicas is how many slots the job has, Launchers and Agents how many there
	// are of these, Places how many tasks an agent has room for.
	Replicas          uint32
	Launchers, Agents int
	Places            int
	// Planners is how many planners there are beyond the first.
	Planners int
	// Batch says that the job is over when its tasks have finished.
	Batch bool
	// RunFor is how long tasks run before they finish, 0 for ever.
	RunFor time.Duration
	// Times are those at which runs of the job are due, after the beginning; where there
	// are any, it is periodic, and Schedule says the rest.
	Times    []time.Duration
	Schedule job.Schedule
	// Faults bounds how many faults a run may have in all, Most each kind of them.
	Faults int
	Most   [kinds]int
	// Order, if there is one, is that in which faults happen.
	Order []Fault
	// AnyOrder has the steps that are possible at once taken in each order.
	AnyOrder bool
	// ScaleTo are the numbers of tasks that users ask for, in turn.
	ScaleTo []uint32
	// Images are what users change the job's to, in turn. Tasks of a badImage fail.
	Images []string
	// Surge and Unavailable are the bounds of rollouts and moves, where they are not both
	// 0; Rollout says the rest of it.
	Surge, Unavailable uint32
	Rollout            job.Rollout
	// Unreachable is what becomes of tasks that are cut off, nil for the defaults.
	Unreachable *job.Unreachable
	// Steers are what users ask of the rollout or of the schedule, in turn.
	Steers []submission.Command
	// Policies are those that an operator sets, in turn: shut or open.
	Policies []string
	// Asks are what users ask for, in turn, each once all is as wanted. Unlike faults they
	// always do.
	Asks []Action
	// Depth bounds the steps of a run, States how many states are looked at; 0 is
	// no bound.
	Depth, States int
}

// Fault is a kind of what may go wrong, or of what users and tasks do by
// themselves.
type Fault uint8

// The faults.
const (
	// Lost is a message that never arrives.
	Lost Fault = iota
	// Unanswered is a call or an append that was carried out, and whose answer is
	// lost.
	Unanswered
	// Late is a message that arrives at any later time. Its sender gives it up after
	// ten seconds.
	Late
	// Stuck is a process that does nothing until any later time, Blind one that reads
	// no records until then.
	Stuck
	Blind
	// Crash is a process that is killed and started again, Down one that is started
	// again at any later time.
	Crash
	Down
	// Cut is a subscription that breaks.
	Cut
	// Usurped is a lease that another launcher gets although its holder lives.
	Usurped
	// Away is an agent that cannot be reached until any later time.
	Away
	// Forgotten is an agent that is away for so long that the master forgets it.
	Forgotten
	// Ends is a task that ends by itself, Fails one that fails.
	Ends
	Fails
	// Stop, Scale, Update and Steer are what users ask for; Drain and Restore what they
	// ask of an agent.
	Stop
	Scale
	Update
	Steer
	Drain
	Restore
	// Rule is another policy that an operator sets.
	Rule
	kinds int = iota
)

// String is for traces.
func (f Fault) String() string {
	return [...]string{
		"lost", "unanswered", "late", "stuck", "blind", "crash", "down", "cut", "usurped", "away", "forgotten", "ends", "fails", "stop", "scale", "update",
		"steer", "drain", "restore", "rule",
	}[f]
}

// budget is what may still go wrong.
type budget struct {
	all  int8
	each [kinds]int8
}

func (s *Scope) budget() budget {
	b := budget{all: int8(s.Faults)}
	for k, n := range s.Most {
		b.each[k] = int8(n)
	}
	return b
}

// allows reports whether another fault may happen now.
func (w *World) allows(f Fault) bool {
	if order := w.scope.Order; order != nil && order[w.scope.Faults-int(w.left.all)] != f {
		return false
	}
	return w.left.each[f] > 0
}

func (b *budget) spend(f Fault) {
	b.all--
	b.each[f]--
}

// jobID is the job's.
const jobID = "web"

// badImage is one of which no task comes up.
const badImage = "bad"

// spec is the job that is run.
func (s *Scope) spec() *job.Spec {
	spec := &job.Spec{ID: jobID, Tasks: []job.Group{{
		Name: "web", Replicas: s.Replicas, Container: &job.Container{Image: "x"},
		Resources: &job.Resources{CPU: 1, Memory: 64}, Unreachable: s.Unreachable,
	}}}
	switch {
	case s.Times != nil:
		spec.Kind, spec.Schedule = job.KindPeriodic, s.schedule()
	case s.Batch:
		spec.Kind = job.KindBatch
	}
	if s.Surge+s.Unavailable > 0 {
		policy := s.Rollout
		policy.MaxSurge, policy.MaxUnavailable = &job.Amount{Number: s.Surge}, &job.Amount{Number: s.Unavailable}
		policy.MinHealthy = job.Duration(time.Second)
		spec.Rollout = &policy
	}
	spec.Normalise()
	return spec
}

// schedule is when runs are due, in lines of cron: each time once a year.
func (s *Scope) schedule() *job.Schedule {
	schedule := s.Schedule
	for _, at := range s.Times {
		schedule.Cron = append(schedule.Cron, start().Add(at).Format("5 4 15 2 1 *"))
	}
	return &schedule
}

// updated is the job with another image.
func (s *Scope) updated(image string) []byte {
	spec := s.spec()
	spec.Tasks[0].Container.Image = image
	data, err := spec.JSON()
	if err != nil {
		panic(err)
	}
	return data
}
