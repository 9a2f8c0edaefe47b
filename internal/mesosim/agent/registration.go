package agent

import (
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// defaultRegistrationTimeout is --executor_registration_timeout of Mesos.
const defaultRegistrationTimeout = time.Minute

// awaitStart gives a run until the registration timeout to say something; URIs
// and images are fetched within it (4.2). The lock is held.
func (a *Server) awaitStart(r *record) {
	if r.Kind == Simulated || r.State != mesos.TASK_STAGING {
		return
	}
	until := time.Now().Add(a.opts.RegistrationTimeout)
	a.starting[r] = until
	a.retries.at(until, a.retry)
}

// giveUpStarts fails the runs that said nothing in time; the lock is held.
func (a *Server) giveUpStarts(now time.Time) {
	for r, until := range a.starting {
		if now.Before(until) {
			a.retries.at(until, a.retry)
			continue
		}
		delete(a.starting, r)
		a.push(r, a.byAgent(r, mesos.TASK_FAILED, mesos.REASON_CONTAINER_LAUNCH_FAILED,
			"Failed to launch container: discarded; Abnormal executor termination: unknown container"))
		if e := a.executors[r.Kind]; e != nil {
			go e.Kill(r.Run, 0)
		}
	}
}
