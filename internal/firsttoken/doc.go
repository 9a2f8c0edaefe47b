// Package firsttoken writes a token straight into the log. The first one has to come so:
// whom the api lets in is said by the log, and there is nobody in it yet. Who may is whoever
// has the key of the log's admin.
//
// It is written as the api does it, by the same machine and on the same condition, so that of
// an api and an operator who write at once one goes on after what the other wrote. No api
// need run.
package firsttoken
