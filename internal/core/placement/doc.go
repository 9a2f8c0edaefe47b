// Package placement matches waiting tasks with offers.
//
//	offers --by agent and role--> vacancies --in order----------+
//	                                                            |
//	waiting tasks --by group--> demands --by level, in turns----+--> placements  one per agent: one ACCEPT
//	                                |                           |
//	                                '--alike--> classes         '--> verdicts    by shortfall: what no vacancy has
//
// Match is pure: a question in, placements and verdicts out, the same answer for the
// same question. A Matcher, for who asks again and again, remembers nothing that an answer depends on:
// expressions it has compiled, vacancies as it saw them last (field.go), and for a class of demands which
// ask the same of an agent that nothing fitted (class.go).
//
// Whose turn it is: turns.go. Where a task goes: choose.go. Most groups like all agents
// the same: theirs go through the vacancies in one order and never look at one again
// that did not fit. Groups that prefer some (affinities, spread, binpack) sort those that fit once per question. So
// the work grows with the tasks placed and the agents that are new, not with all tasks times all agents.
// A gang is placed on trial, and its places are taken back where not all of it fits (gang.go).
// What finds no place gets a verdict: why, counted per reason, and which agent came
// nearest.
package placement
