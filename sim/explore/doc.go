// Package explore drives the production machines of planner, reaper and launcher
// through everything that can happen in a small system, against a log and a Mesos
// that are plain values.
//
//	          +---------------------- World ----------------------+
//	actions   |  Process: machine, folded state, calls, sessions  |   what follows
//	--------> |  Log: records, and what they say                  | ------------->
//	          |  Mesos: stream, offers, tasks, statuses, filters  |   not seen yet?
//	          |  flight: messages on their way      budget: left  |   look there too
//	          +----------------------------------------------------+
//
// A World is a whole taurus at one moment. Its parts are shared by the worlds in
// which they are the same: an action copies what it changes (package twin).
// Explore goes from world to world, nearest first, so that the way to what breaks is
// the shortest, and never twice to the same, which it tells by a fingerprint that
// leaves out what makes no difference (package imprint; rules.go says what and why).
//
// # What is explored
//
// What happens by itself (steps) happens in a fixed order, and time passes only
// when nothing else is left to happen. From that course a run departs by faults,
// of which a Scope allows so many: a message is lost, carried out without an answer,
// or late by any time; a process is stuck, blind to the log, or killed between any
// two of its steps and started again at any later time; a subscription breaks; another
// launcher is elected; an agent is away, and comes back; tasks end; users stop, scale,
// update, steer and drain. What users always ask for (Asks) they do once all is as wanted.
// With AnyOrder the steps too are taken in each order.
//
// A fault makes a difference only before a step that touches what it touches; at
// other moments it is left out, because it would lead to what is looked at anyway
// (action.go). Where an end is not given, a minute is as good as for ever.
//
// # What must hold
//
// In every state the invariants of check.go: no two tasks live in one slot, no task
// is launched twice, nothing is done before it was folded, nothing is acknowledged
// that is not in the log, no end is lost, no KILL overtakes an ACCEPT, decisions
// are conditional.
//
// Of a task that was cut off and the one in its place (original.go) the first goes on if it is
// back in time, and not else; of a batch no work is planned again that either has done.
//
// Of a rollout (rollout.go) no more tasks live than are wanted and may surge; what is
// replaced or moved leaves as many up as may not be down, by what the planner has folded,
// and by what really runs; nothing is replaced while it rests, no more are than its canary
// says; it goes back to what stood, and ends with that alone. Of a drain (drain.go) nothing
// is put where tasks are to leave, and nothing stays there that has somewhere to go. Of a
// schedule (schedule.go) it is told once what became of each time, and in the right words;
// no run does its work twice, and those that may not overlap do not. Of a policy (policy.go)
// nothing is planned or put anywhere that it forbids, as far as who does it has folded, and
// what runs goes on.
//
// From every state, once nothing more goes wrong and what lasts has ended, the
// steps lead to what was asked for: what is wanted runs, what is not is gone, and no
// offer is held for nothing (goal.go, progress.go).
//
// # Which rules that shows to be needed
//
// A mutant is a test build in which one rule of the design is patched away; the
// exploration has to find what breaks then. Each is named for
// go test ./sim/explore -full -run TestMutants/<name>:
//
//	mutant                       what holds the rule
//	accept_before_fold           launching/launch.go    launchFolded, launch
//	accept_repeated              launching/launch.go    accepted
//	reconcile_without_decline    launching/resolve.go   declineFor           V3
//	reconcile_after_lost_decline launching/resolve.go   offersDeclined       V3
//	never_resolved               launching/resolve.go   Resolve              V2
//	any_answer_withdraws         launching/consider.go  Consider
//	any_end_withdraws            launching/consider.go  unconfirmed
//	occupied_slot                launching/lines.go     demand               V6
//	waiting_behind_an_end        launching/pending.go   note
//	unconditional_staging        launching/batch.go     add
//	lost_decline                 launching/offers.go    declined             V12
//	revive_once                  launching/offers.go    want                 V13
//	one_append_at_a_time         launching/batch.go     withdrawDoomed
//	acknowledged_before_fold     launching/status.go    reported
//	stale_acknowledged           launching/facts.go     recorded
//	epoch_not_judged             cluster/applytask.go   applyTask            V5, V8
//	rank                         cluster/applytask.go   report               V4
//	made_up_end_stays            cluster/applytask.go   report               V4
//	not_adopted                  launching/consider.go  over, stranger
//	listens_before_opening       leading/subscription.go opened              V7
//	goes_on_when_replaced        leading/election.go    elected
//	registered_anew              leading/subscription.go subscribe
//	killed_unconfirmed           reaping/reaping.go     Due                  V1
//	killed_unannounced           reaping/machine.go     Step
//	killed_once                  reaping/reaping.go     Due
//	unconditional_plan           deciding/machine.go    decide
//	planned_before_the_end       planning/plan.go       reuse                V6
//	surge_ignored                planning/replace.go    putBeside
//	down_ignored                 planning/replace.go    endServing
//	unproven                     planning/progress.go   isUp
//	reverted_beyond              planning/rolloutend.go fail
//	not_reverted                 planning/rolloutend.go late
//	newest_stands                cluster/standing.go    Standing
//	rolls_while_paused           planning/rollout.go    measureAll
//	canary_ignored               planning/rollout.go    measureAll
//	put_where_tasks_leave        launching/leave.go     leave
//	moved_at_once                planning/move.go       sort
//	moved_unproven               planning/move.go       sort
//	drain_unseen                 deciding/machine.go    Step
//	original_never_given_up      planning/original.go   original
//	original_given_up_at_once    planning/original.go   original
//	both_kept                    planning/original.go   givesWay
//	work_of_an_original_lost     cluster/original.go    credit
//	decided_again                cluster/series.go      runDue
//	missed_untold                planning/schedule.go   schedule
//	begun_too_late               planning/schedule.go   schedule
//	overlapping                  planning/schedule.go   start
//	replaced_before_the_end      planning/decide.go     DecideBounded
//	runs_while_paused            planning/schedule.go   dueTimes
//	planned_though_forbidden     planning/policy.go     forbids
//	placed_though_forbidden      launching/lines.go     demand
//
// Two rules are held twice: rank and the numbers of facts, and the judgement of
// stale facts and standing by. Their mutants take both away. V9 is of the model, V10
// and V11 of the log itself.
package explore
