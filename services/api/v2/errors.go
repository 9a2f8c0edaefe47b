package v2

import (
	"errors"
	"net/http"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/services/api/web"
)

var (
	// errKeyReused: an idempotency key came with another body than before.
	errKeyReused = errors.New("this Idempotency-Key was used for another job; use a new key")
	// errGone: the events asked for are older than what the log keeps.
	errGone = errors.New("the log no longer keeps these events")
	// errNoTask: the job has no such slot or attempt.
	errNoTask = errors.New("the job has no such task")
	// errNoLogs: there is nothing to read a task's output from.
	errNoLogs = errors.New("the task was not launched yet, so it has written nothing")
	// errNoSandbox: this instance was not told how to reach agents.
	errNoSandbox = errors.New("this api cannot read the output of tasks")
	// errNoFile: the agent has no such file of the task.
	errNoFile = errors.New("the agent has no such file")
	// errNoToken: there is nothing to hand over.
	errNoToken = errors.New("the request has no token to hand over; send one in the header Authorization: Bearer")
	// errTooManyCodes: too many tokens wait for their codes.
	errTooManyCodes = errors.New("as many codes wait as may; try again in a minute")
	// errNoCode: it is not known, any more or yet.
	errNoCode = errors.New("the code is not known")
	// errAgent: the agent did not give the file.
	errAgent = errors.New("the agent did not give the file")
)

// ErrAgentNotNamed is returned by a Sandbox for an agent that it was not told to ask.
var ErrAgentNotNamed = errors.New("this api may not ask the agent")

// kinds are the errors of this dialect alone.
func kinds() []web.Kind {
	return []web.Kind{
		{Is: errKeyReused, Status: http.StatusUnprocessableEntity, Name: "idempotency-key", Title: "Idempotency-Key used before"},
		{
			Is: errGone, Status: http.StatusGone, Name: "gone", Title: "The log no longer keeps this",
			Detail: "Read the state and follow from its X-Taurus-Sequence.",
		},
		{
			Is: errNoTask, Status: http.StatusNotFound, Name: "task-not-found", Title: "The job has no such task",
			Detail: "Of a slot only the newest attempt, the last that ended, and those that still live are known.",
		},
		{Is: errNoLogs, Status: http.StatusNotFound, Name: "no-output", Title: "The task has no output"},
		{Is: errNoSandbox, Status: http.StatusNotImplemented, Name: "no-sandbox", Title: "Output cannot be read here"},
		{
			Is: errNoFile, Status: http.StatusNotFound, Name: "no-output", Title: "The task has no such file",
			Detail: "The agent has no sandbox of the task yet, or has removed it.",
		},
		{
			Is: ErrAgentNotNamed, Status: http.StatusBadGateway, Name: "agent-not-named", Title: "This api may not ask the agent",
			Detail: "Its configuration does not name the agent: who operates it does so by --mesos-hosts.",
		},
		{Is: errNoToken, Status: http.StatusBadRequest, Name: "no-token", Title: "There is no token to hand over"},
		{Is: errTooManyCodes, Status: http.StatusTooManyRequests, Name: "too-many-codes", Title: "Too many codes wait"},
		{
			Is: errNoCode, Status: http.StatusNotFound, Name: "no-code", Title: "The code is not known",
			Detail: "It is good once, for a minute, and at the instance that gave it: ask for another (taurus open), or sign in with the token.",
		},
		{
			Is: access.ErrNoToken, Status: http.StatusNotFound, Name: "token-not-found", Title: "There is no such token",
			Detail: "It was never created, or it ended more than 30 days ago (GET /v2/tokens).",
		},
		{
			Is: access.ErrNoRole, Status: http.StatusNotFound, Name: "role-not-found", Title: "There is no such role",
			Detail: "It was never set, or it was removed (GET /v2/roles).",
		},
		{
			Is: access.ErrBuiltIn, Status: http.StatusConflict, Name: "built-in", Title: "The role is built in",
			Detail: "It gives always the same. Set a role of another name.",
		},
		{
			Is: access.ErrTooMany, Status: http.StatusConflict, Name: "too-many", Title: "There are as many as there may be",
			Detail: "There may be 10,000 tokens, 1,000 roles and 1,000 groups with roles. Revoke or remove what nobody uses.",
		},
		{
			Is: errAgent, Status: http.StatusBadGateway, Name: "agent", Title: "The agent did not answer",
			Detail: "It could not be reached or refused. Try again in a moment.",
		},
	}
}
