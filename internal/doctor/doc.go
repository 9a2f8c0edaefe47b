// Package doctor looks at a whole installation of taurus and says, line by line,
// what is right, what somebody should look at and what fails, with what to change.
//
//	NATS, its streams, who is there, the API, the Mesos master --Facts--> Judge --> checks
//
// What is gathered and what is made of it are apart: Judge is a function of facts,
// and what could not be learned is a fact, too. Nothing is changed by looking, and
// no secret is shown to a master.
package doctor
