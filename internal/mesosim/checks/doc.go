// Package checks holds no code but its tests: one for each conformance check of
// the v1 protocol that no recorded exchange shows, and one for each row of its
// tables, against a master and agents in this process. The numbers are those of
// the list of checks in mesosim's specification; the package conformance replays
// what was recorded of a real Mesos.
//
// The tests speak as a framework does. Messages are JSON objects (object_test.go,
// message_test.go), sent plainly (ask_test.go) or by a subscribed framework
// (framework_test.go) to nodes that can be stopped and started again
// (cell_test.go). A framework's barrier and quiet tell what a call caused, and
// that one caused nothing, without waiting.
package checks
