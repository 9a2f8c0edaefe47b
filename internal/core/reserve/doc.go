// Package reserve counts the space that a log keeps for the ends of what it holds.
//
// What is accepted keeps room for its own end: a task may still be doomed, killed and
// reported of, a job stopped, a token revoked, a launcher elected. Those bytes are counted here, from the
// folded state alone, so that all who look at one state agree; who would begin
// something new is refused while they would not be left. That holds in a log of any
// size, as a share of it would not.
//
//	|<------------- Usage.Bytes ------------>|<-- Due -->|<----- Ends ----->|<- Promises ->|      |
//	 what is stored                           of what is  of what else       of tasks that  free
//	                                          to end      lives              are wanted
//
// A stop is accepted as long as what is due and its own consequences fit, so is that of a
// token, which has none, a plan as
// long as the ends of all that lives do, a submission if in addition what was promised
// does. Sizes are those of the largest records that come in the ordinary course, each
// task by itself; what is shared, as dooms are, makes up for what is larger.
package reserve
