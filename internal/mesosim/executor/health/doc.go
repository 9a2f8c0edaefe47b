// Package health decides what the health checks of a task mean, the way Mesos'
// built-in executors do (mesos-v1, section 4.5): failures before the first success
// are forgiven during the grace period; then each failure is reported, and a number
// of them in a row is the task's end.
//
// Machine is the pure rule, Watch the clock around it, and Probe asks a task by
// HTTP or TCP. A probe that errs, or that takes longer than its timeout, is a
// failed check; it is never an error of the agent.
//
// The checks are Mesos' HealthCheck; see docs/health-checks.md of Apache Mesos.
package health
