// Package web is what a request passes through whatever dialect it is in: its id
// and author, its bounds, its line in the log, and what an error is answered
// with.
//
// A [Dialect] is a way of talking to users. It brings its routes, the errors of
// its own and how it says that something went wrong; [Handler] serves several
// side by side and knows none of them.
//
//	request -> observe -> recover -> name, origin -> route -> the dialect's handler
//	                                                             |
//	answer  <------------- the dialect's Fail <- Problem <- Kind <- error
package web
