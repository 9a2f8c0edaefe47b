package explore

import "slices"

// mutant is a rule of the design, the code that holds it, and what goes wrong
// without it. The code is patched for a test build of its own: nothing in the
// program can switch a rule off.
type mutant struct {
	// name is what go test selects it by, rule what is taken away.
	name, rule string
	// file is from the root, patches are what is replaced in it, or in another.
	file    string
	patches []patch
	// scope is where it is found, broken the invariants one of which must fail.
	scope  Scope
	broken []string
	// quick ones are tried on every run, the others by make explore.
	quick bool
}

type patch struct{ file, old, new string }

func swap(before, after string) patch { return patch{old: before, new: after} }

func (p patch) in(file string) patch {
	p.file = file
	return p
}

// The invariants that mutants break.
const (
	goalReached = "what is wanted is reached once nothing more goes wrong"
	twoLive     = "no slot has two tasks that live"
	withdrawn   = "what was withdrawn is never launched"
	overtaken   = "no KILL before Mesos has spoken of the task"
	ackedEarly  = "a status is acknowledged only when it was folded and counts"
	decisions   = "decisions are conditional, and share no append with facts"
	endLost     = "no end is lost"
	rank        = "a state never gives way to a lower one"
	surged      = "no more live than is wanted and may surge"
	served      = "as many are up as may not be down"
	rested      = "nothing is replaced while a rollout rests"
	wentBack    = "who goes back goes to what stood before"
	toldOnce    = "what became of a run is told once"
	overlap     = "runs that may not overlap do not"
)

const (
	launcher = "internal/core/launching/"
	folding  = "internal/core/cluster/applytask.go"
)

func mutants() []mutant {
	return slices.Concat(launchMutants(), callMutants(), statusMutants(), othersMutants(), rolloutMutants(), drainMutants(), originalMutants(), scheduleMutants(), policyMutants())
}

// launchMutants are of how a task is launched and resolved.
func launchMutants() []mutant {
	return []mutant{
		{
			name: "accept_before_fold", rule: "ACCEPT is sent only when the TaskStaged was folded", quick: true,
			file: launcher + "launch.go", scope: single(1).only(1, Blind),
			patches: []patch{
				swap(" || m.state.Sequence < b.until {", " {"),
				swap("if t.StagedBy != b.ids[t.Key()] || !m.launchable(t) {", "if false {"),
				swap("TaskID: t.ID, Name: t.ID,", "TaskID: TaskID(t, placed.Group), Name: t.ID,"),
			},
			broken: []string{"ACCEPT only after TaskStaged was folded"},
		},
		{
			name: "accept_repeated", rule: "ACCEPT is never repeated",
			file: launcher + "launch.go", scope: single(1).only(1, Unanswered, Lost),
			patches: []patch{swap(
				"	if in.Unlaunchable == \"\" {\n",
				"	if in.Unlaunchable == \"\" {\n		if in.Err != nil {\n			m.accept(a, nil)\n		}\n",
			)},
			broken: []string{"ACCEPT is never repeated and never completed later"},
		},
		{
			name: "reconcile_without_decline", rule: "V3: a silent task's offers are declined before Mesos is asked about it", quick: true,
			file: launcher + "resolve.go", scope: single(1).only(1, Late),
			patches: []patch{swap(
				"	m.do(Decline{Ticket: m.ask(call{kind: callResolve, task: k, offers: t.Offers}), OfferIDs: t.Offers})",
				"	m.offersDeclined(k, nil)",
			)},
			broken: []string{withdrawn, twoLive},
		},
		{
			name: "reconcile_after_lost_decline", rule: "V3: Mesos is asked about a silent task only when it has taken the DECLINE",
			file: launcher + "resolve.go", scope: single(2).only(1, Late, Lost),
			patches: []patch{swap("if err != nil || t == nil || sent == nil {", "if t == nil || sent == nil {")},
			broken:  []string{withdrawn, twoLive},
		},
		{
			name: "never_resolved", rule: "V2: a staged task without a status is resolved", quick: true,
			file: launcher + "resolve.go", scope: single(1).only(1, Lost),
			patches: []patch{swap("	return !now.Before(at), at\n", "	return false, at.Add(time.Hour)\n")},
			broken:  []string{goalReached},
		},
		{
			name: "any_answer_withdraws", rule: "only a negative answer ends a silent attempt",
			file: launcher + "consider.go", scope: single(1).only(1, Late, Down),
			patches: []patch{
				swap("if t.State == cluster.Staged && !t.Confirmed && m.Terminal() {", "if t.State == cluster.Staged && !t.Confirmed && (m.Terminal() || mem.Resolving) {"),
				swap("if resolving && m.State.MadeUp() {", "if resolving {"),
			},
			broken: []string{twoLive, withdrawn, goalReached},
		},
		{
			name: "any_end_withdraws", rule: "an end that only an agent can tell of is no negative answer",
			file: launcher + "consider.go", scope: rolledBack(1, true, badImage).only(1, Late),
			patches: []patch{swap("if resolving && m.State.MadeUp() {", "if resolving {")},
			broken:  []string{endLost},
		},
		{
			name: "occupied_slot", rule: "V6: no attempt is staged while an earlier one may run",
			file: launcher + "lines.go", scope: single(2).only(1, Away, Blind, Stuck, Unanswered),
			patches: []patch{swap(" || j.Slots[t.Slot].Occupied(t) || forbidden(", " || forbidden(")},
			broken:  []string{"no attempt is staged while another may run"},
		},
		{
			name: "waiting_behind_an_end", rule: "what waits for an end is looked at when that is folded",
			file: launcher + "pending.go", scope: single(2).only(1, Away, Unanswered),
			patches: []patch{swap("p.changed = p.changed || frees(c.Job, t)", "_ = frees(c.Job, t)")},
			broken:  []string{goalReached},
		},
		{
			name: "unconditional_staging", rule: "decisions are appended conditionally",
			file: launcher + "batch.go", scope: single(0),
			patches: []patch{swap(
				"machine.Decision(subject, last, m.envelope(id, cause), ev)", "machine.Draft{Subject: subject, Last: last, Envelope: m.envelope(id, cause), Event: ev}",
			)},
			broken: []string{decisions},
		},
	}
}

// callMutants are of the calls that state what is wanted.
func callMutants() []mutant {
	return []mutant{
		{
			name: "lost_decline", rule: "V12: a DECLINE is repeated until Mesos has heard it",
			file: launcher + "offers.go", scope: spacious(1).only(1, Lost),
			patches: []patch{swap("func (m *Machine) declined(ids []string, err error) {\n", "func (m *Machine) declined(ids []string, err error) {\n	err = nil\n")},
			broken:  []string{goalReached},
		},
		{
			name: "revive_once", rule: "V13: while a task waits REVIVE is repeated",
			file: launcher + "offers.go", scope: single(2).only(1, Late, Fails),
			patches: []patch{swap("again := now.Sub(o.revivedAt) > reviveQuiet &&", "again := false && now.Sub(o.revivedAt) > reviveQuiet &&")},
			broken:  []string{goalReached},
		},
		{
			name: "one_append_at_a_time", rule: "at most one append at a time expects something of a subject",
			file: launcher + "batch.go", scope: single(1).only(1, Stop),
			patches: []patch{swap("m.astray, m.withdrawAt = m.tickets.Next(),", "_, m.withdrawAt = m.tickets.Next(),"), swap("Ticket: m.astray,", "Ticket: m.tickets.Next(),")},
			broken:  []string{"one append at a time expects something of a subject"},
		},
	}
}

// statusMutants are of how a status is recorded, judged and acknowledged.
func statusMutants() []mutant {
	return []mutant{
		{
			name: "acknowledged_before_fold", rule: "a status is acknowledged only when it was folded",
			file: launcher + "status.go", scope: single(0),
			patches: []patch{swap(
				"	case Recorded:\n		m.record(t, st)\n",
				"	case Recorded:\n		m.record(t, st)\n		m.do(Acknowledge{TaskID: st.TaskID, AgentID: st.AgentID, UUID: st.UUID})\n",
			)},
			broken: []string{ackedEarly},
		},
		{
			name: "stale_acknowledged", rule: "a status that was dismissed as stale is not acknowledged (nor does who was replaced go on)",
			file: launcher + "facts.go", scope: pair(0).inOrder(Ends, Late, Usurped),
			patches: []patch{
				swap("if c.Judgement != cluster.StaleEpoch && c.Judgement != cluster.Rejected && len(a.UUID) > 0 {", "if len(a.UUID) > 0 {"),
				swap("	case m.phase != Standby:\n", "	case false:\n").in("internal/core/leading/election.go"),
			},
			broken: []string{ackedEarly},
		},
		{
			name: "epoch_not_judged", rule: "V5: a launcher's events count only in the newest epoch before them",
			file: folding, scope: pair(2).inOrder(Usurped, Late),
			patches: []patch{swap("if r.Envelope.Epoch != s.Launcher.Epoch {", "if false {")},
			broken:  []string{"epochs are judged by the fold"},
		},
		{
			name: "rank", rule: "V4: the rank rule, and repeats fall away (each holds where the other does)",
			file: folding, scope: single(2).only(2, Late, Unanswered, Ends),
			patches: []patch{
				swap("	if t.epoch == r.Envelope.Epoch && r.Envelope.Counter != 0 && r.Envelope.Counter <= t.counter {", "	if false {"),
				swap("	case state < t.State:\n		if !t.Unreachable {", "	case false:\n		if !t.Unreachable {"),
				swap("	case !t.Live():\n", "	case false:\n"),
			},
			broken: []string{rank, endLost},
		},
		{
			name: "made_up_end_stays", rule: "an agent's own end replaces one that a master made up",
			file: folding, scope: single(0).inOrder(Stop, Away, Forgotten, Cut, Ends),
			patches: []patch{swap("if !t.State.MadeUp() || !m.Terminal() || state.MadeUp() || len(ev.UUID) == 0 {", "if true {")},
			broken:  []string{endLost},
		},
		{
			name: "not_adopted", rule: "what Mesos runs and the log does not know as alive is adopted",
			file: launcher + "consider.go", scope: single(0).inOrder(Away, Forgotten, Cut),
			patches: []patch{swap("		return Adopted\n", "		return Ignored\n"), swap("		return Identified\n", "		return Ignored\n")},
			broken:  []string{goalReached},
		},
	}
}

// othersMutants are of who leads, of the planner and of the reaper.
func othersMutants() []mutant {
	return []mutant{
		{
			name: "listens_before_opening", rule: "V7: nothing of a subscription is looked at before its opening was folded",
			file: "internal/core/leading/subscription.go", scope: single(0),
			patches: []patch{swap(
				"	m.phase, m.opening, m.retryAt = Opening, in, time.Time{}\n",
				"	m.phase, m.opening, m.retryAt = Opening, in, time.Time{}\n	m.do(Listen{Session: m.session})\n",
			)},
			broken: []string{"events of a subscription only after its opening was folded"},
		},
		{
			name: "goes_on_when_replaced", rule: "who was replaced by the log stands by",
			file: "internal/core/leading/election.go", scope: pair(2).only(1, Usurped, Late),
			patches: []patch{swap("	case m.phase != Standby:\n", "	case false:\n")},
			broken:  []string{"ACCEPT is never repeated and never completed later"},
		},
		{
			name: "registered_anew", rule: "a subscription carries the framework id of the log",
			file: "internal/core/leading/subscription.go", scope: single(1).only(1, Cut, Down),
			patches: []patch{swap("	id := m.state.Launcher.FrameworkID\n	if m.cfg.RegisterAnew && id == m.removed {", "	id := m.state.Launcher.FrameworkID\n	if true {")},
			broken:  []string{"no framework is registered anew while tasks exist"},
		},
		{
			name: "killed_unconfirmed", rule: "V1: only what Mesos has confirmed is killed", quick: true,
			file: "internal/core/reaping/reaping.go", scope: single(1).only(1, Stop),
			patches: []patch{swap("t.Doom == nil || !t.Confirmed || ", "t.Doom == nil || ")},
			broken:  []string{overtaken},
		},
		{
			name: "killed_unannounced", rule: "the reaper kills only on its own announcement, read back",
			file: "internal/core/reaping/machine.go", scope: single(1).only(1, Stop),
			patches: []patch{swap("		case events.KillIssued:\n", "		case events.TasksDoomed:\n			m.senders.put(in.Record.Sequence, in.Change.Tasks)\n		case events.KillIssued:\n")},
			broken:  []string{"a kill is announced before it is sent", overtaken},
		},
		{
			name: "killed_once", rule: "a KILL is repeated until the task has ended",
			file: "internal/core/reaping/reaping.go", scope: single(0).inOrder(Stop, Lost),
			patches: []patch{swap("	return !now.Before(again), again\n", "	return false && !now.Before(again), time.Time{}\n")},
			broken:  []string{goalReached},
		},
		{
			name: "unconditional_plan", rule: "planner and reaper decide conditionally",
			file: "internal/core/deciding/machine.go", scope: single(0),
			patches: []patch{swap("machine.Decision(subject, last, env, p.Event)", "machine.Draft{Subject: subject, Last: last, Envelope: env, Event: p.Event}")},
			broken:  []string{decisions},
		},
		{
			name: "planned_before_the_end", rule: "V6: a slot is planned again only after its attempt is over",
			file: "internal/core/planning/plan.go", scope: rescaled(2).only(2, Scale),
			patches: []patch{swap("		if t.Live() {\n			return 0, false\n", "		if t.Live() && t.Doom == nil {\n			return 0, false\n")},
			broken:  []string{"a slot is planned again only after its attempt is over"},
		},
	}
}
