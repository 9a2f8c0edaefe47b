// Package validate holds what a Mesos master checks in a framework's
// description and in the tasks it launches, with the texts it answers
// (mesos-v1, sections 1.3 and 3). A check returns the first fault in Mesos'
// words, and "" when there is none; the order of the checks is Mesos'.
package validate
