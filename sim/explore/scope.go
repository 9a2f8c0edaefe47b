package explore

import (
	"time"

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
	// Batch says that the job is over when its tasks have finished.
	Batch bool
	// Faults bounds how many faults a run may have in all, Most each kind of them.
	Faults int
	Most   [kinds]int
	// Order, if there is one, is that in which faults happen.
	Order []Fault
	// AnyOrder has the steps that are possible at once taken in each order.
	AnyOrder bool
	// ScaleTo are the numbers of tasks that users ask for, in turn.
	ScaleTo []uint32
	// Images are what users change the job's to, in turn; Beside has a task be replaced by
	// one beside it, not in its place.
	Images []string
	Beside bool
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
	// Stop, Scale and Update are what users ask for.
	Stop
	Scale
	Update
	kinds int = iota
)

// String is for traces.
func (f Fault) String() string {
	return [...]string{
		"lost", "unanswered", "late", "stuck", "blind", "crash", "down", "cut", "usurped", "away", "forgotten", "ends", "fails", "stop", "scale", "update",
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

// spec is the job that is run.
func (s *Scope) spec() *job.Spec {
	spec := &job.Spec{ID: jobID, Tasks: []job.Group{{
		Name: "web", Replicas: s.Replicas, Container: &job.Container{Image: "x"},
		Resources: &job.Resources{CPU: 1, Memory: 64},
	}}}
	if s.Batch {
		spec.Kind = job.KindBatch
	}
	if s.Images != nil {
		surge := job.Amount{}
		if s.Beside {
			surge.Number = 1
		}
		spec.Rollout = &job.Rollout{
			MaxSurge: &surge, MaxUnavailable: &job.Amount{Number: 1 - surge.Number}, MinHealthy: job.Duration(time.Second),
		}
	}
	spec.Normalise()
	return spec
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
