// Package checks holds no code but its tests: one for each conformance check of
// the v1 protocol that no recorded exchange shows, and one for each row of its
// tables, against a master and agents in this process. The numbers are those of
// the list of checks in mesosim's specification; the package conformance replays
// what was recorded of a real Mesos.
package checks
