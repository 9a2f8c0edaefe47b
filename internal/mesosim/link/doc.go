// Package link is the private protocol between mesosim's master and agents. It
// stands in for libprocess messages, which no framework sees.
//
// An agent dials the master: POST PathRegister with a Register; the answer is a
// RecordIO stream of ToAgent messages that lives as long as the session, its end
// is what a broken TCP link is to Mesos. What the agent has to say it posts to
// PathMessages, one request at a time, each with a list of FromAgent messages
// and the session's id; a session that ended is answered by 410, whereupon the
// agent registers again.
//
//	agent                                  master
//	  |-- register: who, tasks it runs ----->|
//	  |<------------- registered, ping ------|   a stream of ToAgent
//	  |<----- run, kill, acknowledge, ping --|
//	  |-- pong, updates: FromAgent ... ----->|   requests, one at a time
//	  |              ~ broken ~              |   either side registers or waits anew
//
// Nothing is remembered across sessions: at registration
// both sides tell each other what they know, and status updates are resent until
// they are acknowledged. So either may be killed at any time.
package link
