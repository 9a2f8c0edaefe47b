// Package launcher owns the Mesos subscription: it is elected, subscribes,
// matches offers with waiting tasks, and records what Mesos reports.
//
// What it does is decided in internal/core/launching, and who leads in
// internal/core/leading. This package carries their effects out and feeds the
// answers in: lease.go holds the lease, session.go the subscription with its
// ordered calls, its acknowledgements and its events.
//
// One launcher is active per framework; others fold the log, warm, and take over.
package launcher
