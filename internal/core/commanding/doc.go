// Package commanding is the write path of users' commands: decide on the folded
// state, append, find out what became of it, answer once it is folded.
//
// The commands about one job are decided one after the other, in the order in which
// they came, and so are those about agents, and those about access; others do not wait for
// each other. A command is
//
//	queued ------- its turn -----------------------> DECIDE
//
//	DECIDE ------- is so already, or cannot be ----> answer
//	   |
//	   |---------- a submission, and it is not
//	   |           known how full the log is ------> weighing --- known --> DECIDE
//	   v
//	appending ---- stored --> folding -- folded ---> answer: the sequence
//	   |
//	   |---------- refused ------------------------> answer: the log's error
//	   |
//	   |---------- conflict -> outrun -- what won is folded,
//	   |                                 or nothing for 1 s --> DECIDE, 10 times at most
//	   |
//	   '---------- answer lost -> searching
//	                  |----------------- own folded ---------> answer: the sequence
//	                  |----------------- another's folded ---> DECIDE
//	                  '----------------- nothing for 1 s ----> appending, the same again
//
// An append whose answer was lost may be stored or come to be. It is repeated
// as it is: its expectation lets it in once at most, so that whatever record
// follows the sequence that was expected tells what became of it, by its id.
//
// Who asks may give up at any time and is answered at once: with the reason it
// gave, or with ErrOutcomeUnknown if something of it may be stored. An append that
// is under way then still keeps the others of its job waiting: the log may refuse
// one of two that are under way at once.
//
// Submissions are refused when the log is nearly full, so that stops, kills and
// statuses can always be written. All of them share one question about it and,
// for a second, its answer.
package commanding
