package projection

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Verdict is why tasks of a group wait, as the launcher found.
type Verdict struct {
	Group    string              `json:"group"`
	Run      uint64              `json:"run"`
	Waiting  uint32              `json:"waiting"`
	Summary  string              `json:"summary"`
	Sequence uint64              `json:"sequence"`
	At       time.Time           `json:"at"`
	Offers   uint32              `json:"offers"`
	Reasons  map[string]uint32   `json:"reasons,omitempty"`
	Nearest  *events.NearestMiss `json:"nearest,omitzero"`
	// Code names what keeps the tasks from being placed, where that is not what offers lack.
	Code string `json:"code,omitzero"`
}

// VerdictsKept is of how many jobs the verdicts are at hand: those with the newest.
const VerdictsKept = 10_000

// Verdicts holds the newest verdict per group, and what each agent offered last. It is safe for concurrent use.
// The verdict stream is bounded and decides nothing, so what it lost is skipped.
type Verdicts struct {
	log   eventlog.Log
	space events.Space
	kept  int
	// turns holds one for each who reads the stream for what was.
	turns chan struct{}

	mu     sync.RWMutex
	jobs   map[string]map[string]Verdict
	agents map[string]Agent
}

// NewVerdicts returns the verdicts of a verdict stream, nil for none, whose subjects
// are those of space.
func NewVerdicts(log eventlog.Log, space events.Space) *Verdicts {
	return &Verdicts{
		log: log, space: space, kept: VerdictsKept, turns: make(chan struct{}, ReplaysMax), jobs: map[string]map[string]Verdict{},
		agents: map[string]Agent{},
	}
}

// Run follows the verdict stream until ctx ends; without one it only waits.
func (v *Verdicts) Run(ctx context.Context) error {
	if v.log == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return followBounded(ctx, v.log, func(rec eventlog.Record) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.add(v.jobs, rec, 0)
		v.see(rec)
		if len(v.jobs) > v.kept {
			delete(v.jobs, oldest(v.jobs))
		}
	})
}

// oldest is the job without a new verdict for the longest time.
func oldest(jobs map[string]map[string]Verdict) string {
	id, since := "", time.Time{}
	for job, groups := range jobs {
		last := time.Time{}
		for _, v := range groups {
			if v.At.After(last) {
				last = v.At
			}
		}
		if id == "" || last.Before(since) {
			id, since = job, last
		}
	}
	return id
}

// followBounded follows a log whose old records go away, and goes on behind
// what is missing.
func followBounded(ctx context.Context, log eventlog.Log, apply func(eventlog.Record)) error {
	from := uint64(1)
	for {
		follower := eventlog.NewFollower(log, from)
		err := follower.Run(ctx, func(rec eventlog.Record) error {
			apply(rec)
			return nil
		})
		var ok bool
		if from, ok = behind(err); !ok {
			return err
		}
	}
}

// behind is where to go on after records that are missing.
func behind(err error) (from uint64, ok bool) {
	if gap := new(eventlog.GapError); errors.As(err, &gap) {
		return gap.Got, true
	}
	if cut := new(eventlog.TruncatedError); errors.As(err, &cut) {
		return cut.First, true
	}
	return 0, false
}

// add takes in a verdict found at sequence to or before, 0 is any. What cannot
// be read is left out.
func (v *Verdicts) add(jobs map[string]map[string]Verdict, rec eventlog.Record, to uint64) {
	decoded, err := cluster.Decode(v.space, rec.Sequence, rec.Time, rec.Message)
	if err != nil {
		return
	}
	ev, ok := decoded.Event.(events.VerdictChanged)
	if !ok || to != 0 && ev.Sequence > to {
		return
	}
	groups := jobs[decoded.Subject.Job]
	if groups == nil {
		groups = map[string]Verdict{}
		jobs[decoded.Subject.Job] = groups
	}
	groups[ev.Group] = Verdict{
		Group: ev.Group, Run: ev.Run, Waiting: ev.Waiting, Summary: ev.Summary, Sequence: ev.Sequence,
		At: rec.Time, Offers: ev.Offers, Reasons: ev.Reasons, Nearest: ev.Nearest, Code: ev.Code,
	}
}

// Job returns the newest verdicts about a run of a job, by group.
func (v *Verdicts) Job(id string, run uint64) []Verdict {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return ofRun(v.jobs[id], run)
}

// AsOf returns the verdicts as they were at a sequence of the log, as far back
// as the verdict stream goes. ReplaysMax may ask at once, others wait.
func (v *Verdicts) AsOf(ctx context.Context, id string, run, sequence uint64) ([]Verdict, error) {
	if v.log == nil {
		return nil, nil
	}
	select {
	case v.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-v.turns }()
	bounds, err := v.log.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	jobs := map[string]map[string]Verdict{}
	for from := bounds.First; from <= bounds.Last; {
		next := bounds.Last + 1
		for rec, err := range v.log.Read(ctx, from, bounds.Last) {
			var ok bool
			if err != nil {
				if next, ok = behind(err); !ok {
					return nil, err
				}
				break
			}
			if subject, err := events.ParseSubject(rec.Subject); err == nil && subject.Job == id {
				v.add(jobs, rec, sequence)
			}
		}
		from = next
	}
	return ofRun(jobs[id], run), nil
}

func ofRun(groups map[string]Verdict, run uint64) []Verdict {
	var list []Verdict
	for _, v := range groups {
		if v.Run == run {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b Verdict) int { return cmp.Compare(a.Group, b.Group) })
	return list
}
