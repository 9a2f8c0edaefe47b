// Package placement matches waiting tasks with offers.
//
//	offers --by agent and role--> vacancies --+
//	                                          |
//	waiting tasks --by group--> demands ------+--> placements  one per agent: one ACCEPT
//	                            most urgent   |
//	                            first         '--> verdicts    by shortfall: what no vacancy has
//
// Match is pure: offers and demands in, placements and verdicts out, the same
// answer for the same question. A Matcher, for who asks again and again, remembers
// nothing but what it has compiled. Tasks that are alike form one demand, so the
// work grows with the demands and the agents, not with their product over all
// tasks. What finds no place gets a verdict: why, counted per reason, and which
// agent came nearest.
package placement
