package api

import (
	"net/http"
	"slices"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/services/api/audit"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

const again = "Nothing was stored. Try again in a moment."

// kinds are the errors of what every dialect stands on. The first that an error
// is counts, so what is known of a write comes before why the log did not answer.
func kinds() []web.Kind {
	return slices.Concat(commandKinds(), logKinds(), reader.Kinds(), []web.Kind{{
		Is: ErrNotReady, Status: http.StatusServiceUnavailable, Name: "not-ready",
		Title: "The service is still replaying the log", Detail: "Try again in a moment.",
	}, {
		Is: audit.ErrAbsent, Status: http.StatusServiceUnavailable, Name: "no-audit", Title: "The audit cannot be read",
		Detail: "Look at the checks of the api (taurus doctor); where the stream was never made, taurus log create makes it.",
	}})
}

// commandKinds are why a user's command is refused.
func commandKinds() []web.Kind {
	return []web.Kind{
		{
			Is: submission.ErrNotFound, Status: http.StatusNotFound, Name: "job-not-found",
			Title: "There is no such job", Detail: "It was never submitted, or it was deleted. Ask with ?at= for the past.",
		},
		{
			Is: submission.ErrExists, Status: http.StatusConflict, Name: "job-exists",
			Title: "A job of this id exists", Detail: "Its id is free again once the job is over and none of its tasks lives. Stop it first or choose another id.",
		},
		{
			Is: submission.ErrOver, Status: http.StatusConflict, Name: "job-over",
			Title: "The job is over", Detail: "It cannot change any more. Submit it again.",
		},
		{
			Is: submission.ErrEnding, Status: http.StatusConflict, Name: "job-ending",
			Title: "The job is over, and tasks of it still end", Detail: "Send it again once they are gone, then it is submitted anew.",
		},
		{
			Is: submission.ErrNoVersion, Status: http.StatusNotFound, Name: "version-not-found",
			Title: "The job has no such version", Detail: "The newest are kept, those that tasks have, and those with a tag (GET .../versions).",
		},
		{
			Is: submission.ErrNoRollout, Status: http.StatusConflict, Name: "no-rollout",
			Title: "No rollout of the job is under way", Detail: "GET .../rollout tells how the last one ended.",
		},
		{
			Is: submission.ErrNoCanary, Status: http.StatusConflict, Name: "no-canary",
			Title: "The rollout has no canary", Detail: "It waits for nobody to promote it.",
		},
		{
			Is: submission.ErrNotRolled, Status: http.StatusConflict, Name: "not-a-service",
			Title: "Only a service is rolled out", Detail: "What runs of a batch job goes on; a change holds for what is planned from then on.",
		},
		{
			Is: submission.ErrLive, Status: http.StatusConflict, Name: "job-live",
			Title: "The job still lives", Detail: "Stop it first (POST .../stop) and wait until its state is stopped, completed or failed.",
		},
		{
			Is: submission.ErrVersion, Status: http.StatusPreconditionFailed, Name: "version",
			Title: "The job has changed", Detail: "Read it again and send its new ETag in If-Match.",
		},
		{
			Is: submission.ErrNotPeriodic, Status: http.StatusConflict, Name: "not-periodic", Title: "The job is not periodic",
			Detail: "Only a job of the kind periodic has a schedule, and runs that can be asked for so. A batch job with dispatch is dispatched.",
		},
		{
			Is: submission.ErrNotDispatched, Status: http.StatusConflict, Name: "not-dispatched", Title: "The job is not dispatched",
			Detail: "Only a batch job with dispatch is. A periodic job is run now.",
		},
		{
			Is: submission.ErrSeries, Status: http.StatusConflict, Name: "series", Title: "Nothing of the job runs itself",
			Detail: "Its runs are jobs of their own: name one of those (GET .../runs), or update the job.",
		},
		{
			Is: submission.ErrTooManyRuns, Status: http.StatusConflict, Name: "too-many-runs", Title: "Too many runs of the job go on",
			Detail: "Wait until some of them have ended, or stop them.",
		},
		{Is: submission.ErrKeyUsed, Status: http.StatusUnprocessableEntity, Name: "idempotency-key", Title: "Idempotency-Key used before"},
		{
			Is: submission.ErrNoGroup, Status: http.StatusUnprocessableEntity, Name: "no-group",
			Title: "The job has no such group", Detail: "See faults.",
		},
		{
			Is: submission.ErrWhichGroup, Status: http.StatusUnprocessableEntity, Name: "which-group",
			Title: "The job has several groups", Detail: "See faults.",
		},
		{
			Is: submission.ErrNotDrained, Status: http.StatusNotFound, Name: "not-drained",
			Title: "The host is not drained", Detail: "GET /v2/agents lists those that are. A host and one of its agents are drained apart.",
		},
		{
			Is: submission.ErrTooManyDrained, Status: http.StatusConflict, Name: "too-many-drained",
			Title: "Too many hosts are drained", Detail: "As many are drained as may be at once. Let some have tasks again first (DELETE /v2/agents/{host}/drain).",
		},
		{
			Is: commanding.ErrForbidden, Status: http.StatusForbidden, Name: "policy",
			Title: "The policy forbids what the job asks for", Detail: "See faults.",
		},
		{
			Is: commander.ErrNearlyFull, Status: http.StatusInsufficientStorage, Name: "log-full",
			Title: "The log is nearly full", Detail: "the log is nearly full, so no jobs are accepted; stops are.",
		},
	}
}

// logKinds are what becomes of reading and writing the log.
func logKinds() []web.Kind {
	return []web.Kind{
		{
			Is: eventlog.ErrFull, Status: http.StatusInsufficientStorage, Name: "log-full",
			Title: "The log is full", Detail: "Give it more space (taurus log resize, or that of its server); nothing was stored.",
		},
		{
			Is: eventlog.ErrStuck, Status: http.StatusServiceUnavailable, Name: "log-stuck",
			Title:  "The log takes nothing",
			Detail: "It can be read, and the disk of its NATS server was full or failed: make room there, and restart that server. It is not known whether this was stored: read the job before trying again, or try again with the same Idempotency-Key.",
		},
		{
			Is: eventlog.ErrOutcomeUnknown, Status: http.StatusServiceUnavailable, Name: "outcome-unknown",
			Title: "It is not known whether this was stored", Detail: "The log did not answer in time. Read the job before trying again, or try again with the same Idempotency-Key.",
		},
		{
			Is: eventlog.ErrConflict, Status: http.StatusServiceUnavailable, Name: "busy",
			Title: "Too many writes to this job at once", Detail: again,
		},
		{
			Is: eventlog.ErrTooLarge, Status: http.StatusRequestEntityTooLarge, Name: "too-large",
			Title: "Too large for the log", Detail: "Make the job smaller, for example by fetching files as uris.",
		},
		{
			Is: eventlog.ErrTruncated, Status: http.StatusGone, Name: "gone",
			Title: "The log no longer keeps this", Detail: "Ask for a later sequence or, of the archive, give the api that by --archive.",
		},
		{
			Is: eventlog.ErrUnavailable, Status: http.StatusServiceUnavailable, Name: "log-unavailable",
			Title: "The log cannot be reached", Detail: again,
		},
		{
			Is: eventlog.ErrClosed, Status: http.StatusServiceUnavailable, Name: "stopping",
			Title: "The service is stopping", Detail: again,
		},
		{
			Is: eventlog.ErrStopped, Status: http.StatusServiceUnavailable, Name: "stopping",
			Title: "The service is stopping", Detail: again,
		},
	}
}
