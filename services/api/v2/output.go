package v2

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// outputChunk is how many bytes of a task's output one answer has at most.
const outputChunk = 1 << 20

// Sandbox reads files out of tasks' sandboxes.
type Sandbox interface {
	// ReadFile reads at most length bytes of a file from offset on, and gives the
	// file's size. An error that is fs.ErrNotExist means there is no such file (yet);
	// ErrAgentNotNamed that the agent may not be asked.
	ReadFile(ctx context.Context, agentURL, frameworkID, taskID, file string, offset int64, length int) (data []byte, size int64, err error)
}

// output gives a part of what a task wrote, as its agent has it.
func (t *tasks) output(c echo.Context) error {
	var errFile error
	file := c.Param("file")
	if file != "stdout" && file != "stderr" {
		errFile = web.BadParam("file", "must be stdout or stderr")
	}
	offset, errOffset := web.Number(c, "offset", 0, math.MaxInt64, 0)
	length, errLength := web.Number(c, "length", 1, outputChunk, outputChunk)
	attempt, errAttempt := web.Number(c, "attempt", 1, math.MaxUint32, 0)
	if err := web.BadParams(errFile, errOffset, errLength, errAttempt); err != nil {
		return err
	}
	if t.sandbox == nil {
		return errNoSandbox
	}
	slot, err := t.slot(c)
	if err != nil {
		return err
	}
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	framework := ""
	err = t.reader.WholeNow(c, id, func(m *projection.Model, _ reader.Moment) {
		framework = m.State().Launcher.FrameworkID
		if end, ok := m.LastEnd(id, slot.Slot, m.Time()); ok {
			slot.Attempts = append([]projection.Task{end}, slot.Attempts...)
		}
	})
	if err != nil {
		return err
	}
	task, err := chosen(slot.Attempts, uint32(attempt))
	if err != nil {
		return err
	}
	data, size, err := t.sandbox.ReadFile(c.Request().Context(), task.AgentURL, framework, task.TaskID, file, int64(offset), int(length))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", errNoFile, err)
	case err != nil:
		return fmt.Errorf("%w: %w", errAgent, err)
	}
	h := c.Response().Header()
	h.Set("X-Taurus-Offset", strconv.FormatUint(offset, 10))
	h.Set("X-Taurus-Size", strconv.FormatInt(size, 10))
	h.Set("X-Taurus-Attempt", strconv.FormatUint(uint64(task.Attempt), 10))
	// What a task wrote is never to be taken for a page.
	h.Set(echo.HeaderXContentTypeOptions, "nosniff")
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", data)
}

// chosen is the attempt asked for; for 0 the newest that was launched, so that
// while a failed task backs off its last words can be read.
func chosen(attempts []projection.Task, attempt uint32) (projection.Task, error) {
	err := errNoTask
	for _, t := range slices.Backward(attempts) {
		switch {
		case attempt != 0 && t.Attempt != attempt:
		case t.TaskID == "" || t.AgentURL == "":
			err = errNoLogs
		default:
			return t, nil
		}
	}
	return projection.Task{}, err
}
