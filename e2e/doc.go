// Package e2e tries taurus as its users have it: the taurus program, its
// processes, real containers, and kill -9 at every process and every step of a launch,
// a stop, a rollout, the times of a schedule, a dispatch, the launch of a gang and a
// drain. It needs Docker, and fails in CI without it.
package e2e
