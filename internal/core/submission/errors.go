package submission

import "errors"

var (
	// ErrNotFound is returned when there is no such job, or it was deleted.
	ErrNotFound = errors.New("there is no such job")
	// ErrExists is returned when a job of this id is not over, or tasks of it live.
	ErrExists = errors.New("a job of this id exists")
	// ErrOver is returned when the job is over, so that it can no longer change.
	ErrOver = errors.New("the job is over")
	// ErrLive is returned when a job cannot be deleted as it, or a task of it, lives.
	ErrLive = errors.New("the job is not over or tasks of it live")
	// ErrVersion is returned when the job is not at the version the user has seen.
	ErrVersion = errors.New("the job has changed since it was read")
	// ErrNoGroup is returned when the job has no group of that name.
	ErrNoGroup = errors.New("the job has no such group")
	// ErrWhichGroup is returned when no group is named and there are several.
	ErrWhichGroup = errors.New("the job has several groups; name one")
	// ErrMayNotSubmit is returned for an update that would submit the job, by who may not.
	ErrMayNotSubmit = errors.New("the job would be submitted")
	// ErrMayNotUpdate is returned for one that would change the job, by who may not.
	ErrMayNotUpdate = errors.New("the job would be updated")
	// ErrEnding is returned for an update of a job that is over while tasks of it live.
	ErrEnding = errors.New("the job is over and tasks of it live")
	// ErrNoVersion is returned when no such version of the job is kept.
	ErrNoVersion = errors.New("the job has no such version")
	// ErrNotPeriodic is returned when something is asked that only a schedule has.
	ErrNotPeriodic = errors.New("the job is not periodic")
	// ErrNotDispatched is returned for a dispatch of a job that says nothing of one.
	ErrNotDispatched = errors.New("the job has no dispatch")
	// ErrSeries is returned when tasks are asked of a job that runs none itself.
	ErrSeries = errors.New("the job runs nothing itself, its runs are jobs of their own")
	// ErrKeyUsed is returned for an idempotency key that came with another request before.
	ErrKeyUsed = errors.New("this key was used for a request that asked for something else; use a new one")
	// ErrTooManyRuns is returned when as many runs of a job go on as may.
	ErrTooManyRuns = errors.New("1000 runs of the job go on, the most there may be")
	// ErrNotRolled is returned when something is asked that only a service's rollout does.
	ErrNotRolled = errors.New("only a service is rolled out")
	// ErrNoRollout is returned when no rollout is under way that could be steered so.
	ErrNoRollout = errors.New("no rollout of the job is under way")
	// ErrNoCanary is returned when a rollout that has no canary is to be promoted.
	ErrNoCanary = errors.New("the rollout has no canary")
	// ErrNoAction is returned for an action that there is not.
	ErrNoAction = errors.New("a rollout knows no such action")
)
