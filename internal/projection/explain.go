package projection

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/submission"
)

// Explanation says why a job is not as it is wanted.
type Explanation struct {
	Job      string    `json:"job"`
	State    JobState  `json:"state"`
	Tasks    Counts    `json:"tasks"`
	Summary  string    `json:"summary"`
	Reasons  []Reason  `json:"reasons"`
	Verdicts []Verdict `json:"verdicts"`
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"`
}

// Code names a reason for programs.
type Code string

// The reasons for which a job is not as it is wanted.
const (
	CodeNoLauncher     Code = "no_launcher"
	CodeNoPlanner      Code = "no_planner"
	CodeNoReaper       Code = "no_reaper"
	CodeLogFull        Code = "log_full"
	CodeLogStuck       Code = "log_stuck"
	CodeNoSubscription Code = "no_subscription"
	CodeNotPlanned     Code = "not_planned"
	CodeBackoff        Code = "backoff"
	CodeOffers         Code = "no_fitting_offer"
	CodeUndecided      Code = "no_verdict_yet"
	CodeNoSecret       Code = "secret_missing"
	CodeSecretRefused  Code = "secret_forbidden"
	CodeSecretAway     Code = "secret_unavailable"
	CodeUnconfirmed    Code = "staged_unconfirmed"
	CodeStarting       Code = "starting"
	CodeUnreachable    Code = "agent_unreachable"
	CodeOriginal       Code = "original_not_up"
	CodeEnding         Code = "ending"
	CodeKilled         Code = "being_killed"
	CodeBlocked        Code = "kill_blocked"
	CodeOver           Code = "over"
	CodeAhead          Code = "ahead_of_log"
	CodeFailed         Code = "failed_for_good"
	CodeUnhealthy      Code = "unhealthy"
	CodeUnchecked      Code = "not_checked_yet"
	CodeCrashLoop      Code = "crash_loop"
	CodeAfter          Code = "starts_after"
	CodeHeld           Code = "ends_after"
	CodeDependant      Code = "dependant"
	CodeKillBound      Code = "kill_bound"
	CodeForbidden      Code = "forbidden"
	CodeQuota          Code = "quota"
)

// Reason is one reason, and the tasks it holds for.
type Reason struct {
	Code  Code   `json:"code"`
	Group string `json:"group,omitzero"`
	Tasks uint32 `json:"tasks,omitzero"`
	Slots []Span `json:"slots,omitempty"`
	// Until is when time alone will change it, for the first of the tasks.
	Until   time.Time `json:"until,omitzero"`
	Message string    `json:"message"`

	// others are the jobs that Message names besides the one that is explained, and veiled
	// is what is said in its place where one of them is not told of; empty is nothing.
	others []string
	veiled string
}

// Veil leaves out what the explanation says of jobs that sees does not choose.
func (e *Explanation) Veil(sees func(id string) bool) {
	lead := len(e.Reasons) > 0 && e.Summary == e.Reasons[0].Message
	hidden := func(id string) bool { return !sees(id) }
	e.Reasons = slices.DeleteFunc(e.Reasons, func(r Reason) bool {
		return r.veiled == "" && slices.ContainsFunc(r.others, hidden)
	})
	for i := range e.Reasons {
		if r := &e.Reasons[i]; slices.ContainsFunc(r.others, hidden) {
			r.Message = r.veiled
		}
	}
	if lead {
		e.Summary = e.summary()
	}
}

func (e *Explanation) summary() string {
	if len(e.Reasons) > 0 {
		return e.Reasons[0].Message
	}
	return "runs as wanted"
}

// Span is a run of slots, both ends included.
type Span struct {
	From uint32 `json:"from"`
	To   uint32 `json:"to"`
}

// Explain says why a job is as it is, and reports whether users see such a job.
// verdicts are those about its run, parts what is known of those that it may wait
// for.
func (m *Model) Explain(id string, verdicts []Verdict, parts Parts, now time.Time) (Explanation, bool) {
	j, ok := m.known(id)
	if !ok {
		return Explanation{}, false
	}
	v := m.view(j)
	e := Explanation{
		Job: id, State: v.State, Tasks: v.Tasks, Sequence: m.Sequence(), Time: now,
		Reasons: []Reason{}, Verdicts: []Verdict{},
	}
	switch {
	case v.Tasks.Ahead > 0:
		e.Reasons = append(e.Reasons, Reason{Code: CodeAhead, Tasks: v.Tasks.Ahead, Message: v.Detail})
	case j.Over():
		e.launcher(m.state.Launcher, v.Tasks)
		e.over(j, v)
		e.held(j, now)
		e.dependants(j, m.state)
	case j.Spec.Series():
		e.series(m.state, j, now)
	default:
		e.launcher(m.state.Launcher, v.Tasks)
		e.awaits(v)
		e.notPlanned(j, v, m.state)
	}
	e.killBound(m.state, j, now)
	e.rollout(m.state, j, now)
	e.health(j)
	e.obstacles(m.state, j, now)
	e.leaving(&m.state.Agents, j, now)
	e.failures(j, v)
	e.lead(m.state, j, now)
	e.weigh(verdicts)
	e.blame(m.parts(j, v, parts))
	e.Summary = e.summary()
	return e, true
}

func (e *Explanation) over(j *cluster.Job, v Job) {
	message := fmt.Sprintf("the job is %s", v.State)
	switch {
	case j.Outcome != cluster.OutcomeNone && j.OutcomeReason != "":
		message += ": " + j.OutcomeReason
	case j.Stopped && j.StopReason != "":
		message += ": " + j.StopReason
	case v.Detail != "":
		message += ": " + v.Detail
	}
	if o := v.Outcome; o != nil && o.Task != nil {
		message += see(j, *o.Slot, *o.Task)
	}
	e.Reasons = append(e.Reasons, Reason{Code: CodeOver, Until: j.ExpiresAt(), Message: message + kept(j)})
}

func (e *Explanation) launcher(l cluster.Launcher, c Counts) {
	if c.Waiting == 0 && c.Staging == 0 && c.Ending == 0 { // Kills go by the subscription too.
		return
	}
	switch s := l.Subscription; {
	case l.Epoch == 0:
		e.Reasons = append(e.Reasons, Reason{Code: CodeNoLauncher, Message: "no launcher has ever run; start taurus-launcher"})
	case s.Sequence == 0 || s.Epoch != l.Epoch:
		e.Reasons = append(e.Reasons, Reason{
			Code:    CodeNoSubscription,
			Message: fmt.Sprintf("launcher %s has not subscribed to a Mesos master yet", l.Instance),
		})
	case s.Closed:
		e.Reasons = append(e.Reasons, Reason{
			Code:    CodeNoSubscription,
			Message: fmt.Sprintf("launcher %s has lost its subscription to %s: %s", l.Instance, s.Master, s.CloseReason),
		})
	}
}

// notPlanned tells of each group what the planner has to do.
func (e *Explanation) notPlanned(j *cluster.Job, v Job, around planning.Around) {
	for _, g := range v.Groups {
		if n := unplanned(j, g); n > 0 && !e.waits(j, g, n, around) && !e.forbidden(j, g, n, around) {
			e.Reasons = append(e.Reasons, Reason{
				Code: CodeNotPlanned, Group: g.Name, Tasks: n,
				Message: fmt.Sprintf("the planner has not planned %s of group %s yet", tasks(n), g.Name),
			})
		}
	}
}

// unplanned is how many tasks of a group are wanted, and neither there nor planned, nor
// in a slot whose last one is ending yet.
func unplanned(j *cluster.Job, g Group) uint32 {
	held := uint32(0)
	for _, slot := range j.Slots {
		t := slot.Newest()
		if t != nil && t.Run == j.Run && t.Group == g.Name && t.Doom == nil && (t.State == cluster.Waiting || ending(t)) {
			held++
		}
	}
	return g.Tasks.Waiting - min(g.Tasks.Waiting, held)
}

func (r *Reason) add(slot uint32) {
	r.Tasks++
	if last := len(r.Slots) - 1; last >= 0 && r.Slots[last].To+1 == slot {
		r.Slots[last].To = slot
		return
	}
	r.Slots = append(r.Slots, Span{From: slot, To: slot})
}

// weigh puts the launcher's verdict in the place of "no offer yet" where there
// is one about tasks that still wait.
func (e *Explanation) weigh(verdicts []Verdict) {
	for _, v := range verdicts {
		at := slices.IndexFunc(e.Reasons, func(r Reason) bool { return r.Code == CodeUndecided && r.Group == v.Group })
		if at < 0 || v.Waiting == 0 {
			continue
		}
		e.Verdicts = append(e.Verdicts, v)
		e.Reasons[at].Code = codeOf(v)
		e.Reasons[at].Message = v.Summary
	}
}

// codeOf is the reason that a verdict gives.
func codeOf(v Verdict) Code {
	switch v.Code {
	case launching.SecretMissing:
		return CodeNoSecret
	case launching.SecretForbidden:
		return CodeSecretRefused
	case launching.SecretUnavailable:
		return CodeSecretAway
	}
	return CodeOffers
}

func tasks(n uint32) string {
	if n == 1 {
		return "1 task"
	}
	return fmt.Sprintf("%d tasks", n)
}

// Submitted is the view of a job as its submission left it: what a client is
// answered, the first time and on every retry under the same idempotency key.
func Submitted(r cluster.Record) (Job, error) {
	m := NewModel()
	if _, err := m.Apply(r); err != nil {
		return Job{}, err
	}
	v, ok := m.Job(r.Subject.Job)
	if !ok {
		return Job{}, submission.ErrNotFound
	}
	return v, nil
}
