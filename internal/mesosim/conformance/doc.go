// Package conformance holds what a real Apache Mesos 1.12.0 answered, and the
// test that replays it against the embedded master and agents.
//
// testdata/transcripts has one exchange per check, numbered as the checks of the
// Mesos v1 conformance driver are; testdata/expected.json has what that driver
// observed besides. Each line of a transcript is a call, a response, an event of
// a stream, or a note of what was done to a master or an agent. The replay makes
// the same calls and does the same to a master and agents started for the check,
// with the pauses of the record, and compares codes, headers, bodies and events.
//
// What is compared how:
//
//   - An id, uuid or port is issued anew by each run. The first comparison of a
//     recorded one with a live one binds the two; from there on they stand for
//     each other in calls, and everywhere else each must meet the other
//     (binding_test.go has the kinds).
//   - Times, process ids, container addresses and digests need only be there.
//   - Resources, capabilities and network infos are sets; all other lists are
//     compared in order.
//   - Events are compared in the order of their stream, except where Mesos leaves
//     it open: heartbeats come when they come, offers relative to updates, and
//     updates of different tasks relative to each other unless the master made
//     them while it validated one call (stream_test.go).
//   - Times that the driver measured may be longer here, by how busy the machine
//     is, but not shorter than it allows (measure_test.go).
//   - Of docker inspect, the configuration that was asked for is compared, not
//     what the engine chose (inspect_test.go).
//   - What the table of checks (checks_test.go) marks as open, and the lines it
//     leaves out, each with the reason.
//
// A difference fails the check's subtest and names the line of the transcript,
// the path in it, and both values; what is not recorded fails it too.
//
// Checks of docker tasks need a Docker engine and Debian's busybox-static; they
// are skipped on a developer's machine without one, never in CI.
package conformance
