package explore

import (
	"time"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

const planner = "internal/core/planning/"

// policyMutants are of what a policy lets be started anew.
func policyMutants() []mutant {
	scope := ruled(2).only(1, Rule, Fails)
	return []mutant{
		{
			name: "planned_though_forbidden", rule: "nothing is planned that the policy forbids",
			file: planner + "policy.go", scope: scope,
			patches: []patch{swap("	return p.forbidden\n}\n\n// admits", "	return false\n}\n\n// admits")},
			broken:  []string{"nothing is planned that the policy forbids"},
		},
		{
			name: "placed_though_forbidden", rule: "what was planned waits while the policy forbids it",
			file: "internal/core/launching/lines.go", scope: scope,
			patches: []patch{swap("Occupied(t) || forbidden(j, t.Version) {", "Occupied(t) {")},
			broken:  []string{"nothing is placed that the policy forbids"},
		},
	}
}

// rolloutMutants are of how tasks come to be those of another version.
func rolloutMutants() []mutant {
	return []mutant{
		{
			name: "surge_ignored", rule: "no more live than are wanted and may surge",
			file: planner + "replace.go", scope: updatedTwo(0, true),
			patches: []patch{swap("		if room <= 0 {\n", "		if room <= -9 {\n")},
			broken:  []string{surged},
		},
		{
			name: "down_ignored", rule: "as many are up as may not be down", quick: true,
			file: planner + "replace.go", scope: updatedTwo(0, false),
			patches: []patch{swap("			if budget <= 0 {\n", "			if budget <= -9 {\n")},
			broken:  []string{served},
		},
		{
			name: "unproven", rule: "what has come up counts once it has been up for min_healthy",
			file: planner + "progress.go", scope: updatedTwo(0, true),
			patches: []patch{swap("	if t.UpSince.IsZero() {\n		return false\n	}\n", "	if true {\n		return !t.UpSince.IsZero()\n	}\n")},
			broken:  []string{served},
		},
		{
			name: "reverted_beyond", rule: "a rollout that fails goes back to what stood before it",
			file: planner + "rolloutend.go", scope: rolledBack(0, true, "y", badImage),
			patches: []patch{swap("To: o.From, Reason: reason}", "To: o.From - 1, Reason: reason}")},
			broken:  []string{wentBack},
		},
		{
			name: "not_reverted", rule: "a rollout of which nothing comes up ends",
			file: planner + "rolloutend.go", scope: rolledBack(0, true, badImage).bounded(),
			patches: []patch{swap("	case s.hearing.Heard(o.Progress, s.now) >= deadline:\n", "	case false:\n")},
			broken:  []string{goalReached},
		},
		{
			name: "newest_stands", rule: "what stands for a slot is what is wanted now, and not the newest",
			file: "internal/core/cluster/standing.go", scope: rolledBack(0, true, badImage).bounded(),
			patches: []patch{swap("	if len(s.Tasks) <= 1 {\n		return s.Newest()\n	}\n	var old *Task\n", "	if true {\n		return s.Newest()\n	}\n	var old *Task\n")},
			broken:  []string{goalReached, served, surged},
		},
		{
			name: "rolls_while_paused", rule: "nothing is replaced while a rollout rests",
			file: planner + "rollout.go", scope: steered(events.RolloutPause),
			patches: []patch{swap("	if j.Rollout.Status != cluster.RolloutRolling || s.behind {", "	if !j.Rollout.Active() || s.behind {")},
			broken:  []string{rested},
		},
		{
			name: "canary_ignored", rule: "no more get a new version than its canary says before it is promoted",
			file: planner + "rollout.go", scope: canary(0),
			patches: []patch{swap("		r.left = max(0, canary-r.fresh)\n", "		r.left = anyNumber\n")},
			broken:  []string{"no more get a new version than its canary says before it is promoted"},
		},
	}
}

// drainMutants are of how tasks leave their agents.
func drainMutants() []mutant {
	return []mutant{
		{
			name: "put_where_tasks_leave", rule: "nothing is put where tasks are to leave", quick: true,
			file: launcher + "leave.go", scope: drained(0, false),
			patches: []patch{swap("		if !leaves {\n			continue\n", "		if leaves || !leaves {\n			continue\n")},
			broken:  []string{"nothing is put where tasks are to leave"},
		},
		{
			name: "moved_at_once", rule: "what serves is moved when another is up",
			file: planner + "move.go", scope: drained(0, true),
			patches: []patch{swap("		*serving = append(*serving, t)\n", "		m.idle.add(t, s.movedReason(t))\n")},
			broken:  []string{served},
		},
		{
			name: "moved_unproven", rule: "what is put beside what is to leave counts once it has been up for min_healthy",
			file: planner + "move.go", scope: drained(0, true),
			patches: []patch{
				swap("		if s.isUp(stays) && stays.Template == t.Template {", "		if !stays.UpSince.IsZero() && stays.Template == t.Template {"),
			},
			broken: []string{served},
		},
		{
			name: "drain_unseen", rule: "what is planned with agents has every job looked at",
			file: "internal/core/deciding/machine.go", scope: drained(0, true).bounded(),
			patches: []patch{swap("		if in.Change.Agents || in.Change.Hearing || in.Change.Rules {\n", "		if in.Change.Hearing || in.Change.Rules {\n")},
			broken:  []string{goalReached},
		},
	}
}

// originalMutants are of which task goes on of one that was cut off and the one in its place.
func originalMutants() []mutant {
	return []mutant{
		{
			name: "original_never_given_up", rule: "an original that comes back too late does not go on",
			file: planner + "original.go", scope: kept(0),
			patches: []patch{
				swap("		if !t.UpSince.Before(due) {\n", "		if false {\n"),
				swap("	case !s.now.Before(due):\n		return ReasonReplaced\n", ""),
			},
			broken: []string{"what is in the place of an original goes when that is back in time"},
		},
		{
			name: "original_given_up_at_once", rule: "an original may come back until it is given up",
			file: planner + "original.go", scope: kept(0),
			patches: []patch{swap("	case !s.now.Before(due):\n		return ReasonReplaced\n", "	case true:\n		return ReasonReplaced\n")},
			broken:  []string{"an original may come back until it is given up"},
		},
		{
			name: "both_kept", rule: "what is in the place of an original goes when that is back", quick: true,
			file: planner + "original.go", scope: kept(0).bounded(),
			patches: []patch{swap("		case o.Original() && s.isBack(o, t) && s.original(slot, o) == \"\":\n			return ReasonReturned\n", "")},
			broken:  []string{goalReached},
		},
		{
			name: "work_of_an_original_lost", rule: "work that an original has done counts, though another is in its place",
			file: "internal/core/cluster/original.go", scope: keptBatch(Fails),
			patches: []patch{swap("s.Fate(t.End(), g.Restart) == restart.Done && !s.done(j) {", "false && s.Fate(t.End(), g.Restart) == restart.Done {")},
			broken:  []string{"work that is done is not planned again"},
		},
	}
}

// scheduleMutants are of what becomes of the times of a schedule.
func scheduleMutants() []mutant {
	long := func(faults int, overlap string) Scope {
		s := periodic(faults, overlap, job.MissedNone).only(1, Late)
		s.RunFor = 45 * time.Second
		return s
	}
	return []mutant{
		{
			name: "decided_again", rule: "no run of a schedule is there twice", quick: true,
			file: "internal/core/cluster/series.go", scope: long(0, job.OverlapAllow).bounded(),
			patches: []patch{swap("	j.Series.Through = ev.At\n", "")},
			broken:  []string{toldOnce, "a run is skipped for another one, and no other"},
		},
		{
			name: "missed_untold", rule: "no run of a schedule is lost without being told",
			file: planner + "schedule.go", scope: periodic(1, job.OverlapForbid, job.MissedNone).alone().only(1, Down).bounded(),
			patches: []patch{swap("		return left(j, list[:n], events.RunMissed, fmt.Sprintf(\"not begun within %s\", policy.StartDeadline))\n", "		return Decision{Wake: next}\n")},
			broken:  []string{goalReached},
		},
		{
			name: "begun_too_late", rule: "what is not begun by its deadline is missed",
			file: planner + "schedule.go", scope: periodic(1, job.OverlapForbid, job.MissedNone).alone().only(1, Down),
			patches: []patch{swap("now.Sub(d.at) > time.Duration(policy.StartDeadline) }", "false }")},
			broken:  []string{"a run is missed after its deadline, and no other"},
		},
		{
			name: "overlapping", rule: "runs that may not overlap do not",
			file: planner + "schedule.go", scope: long(0, job.OverlapForbid),
			patches: []patch{swap("	case j.Spec.Schedule.Overlap == job.OverlapForbid:\n		ev.Outcome", "	case false:\n		ev.Outcome")},
			broken:  []string{overlap},
		},
		{
			name: "replaced_before_the_end", rule: "a run that replaces others begins when they are over",
			file: planner + "decide.go", scope: long(1, job.OverlapReplace),
			patches: []patch{swap("plans && Awaited(s, j) != nil {", "plans && false {")},
			broken:  []string{overlap},
		},
		{
			name: "runs_while_paused", rule: "no run is begun while its schedule is paused",
			file: planner + "schedule.go", scope: pausedSchedule(),
			patches: []patch{swap("list = append(list, due{at, phase.Paused})", "list = append(list, due{at, false})")},
			broken:  []string{"a run is held while its schedule is paused, and no other"},
		},
	}
}
