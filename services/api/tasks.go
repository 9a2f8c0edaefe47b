package api

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
)

// taskList is a page of the tasks of a job.
type taskList struct {
	Tasks []projection.Task `json:"tasks"`
	// Next is the cursor of the next page, absent on the last.
	Next     *uint32 `json:"next,omitzero"`
	Sequence uint64  `json:"sequence"`
}

// slotTasks are the attempts of one slot that matter, the newest last.
type slotTasks struct {
	Slot     uint32            `json:"slot"`
	Attempts []projection.Task `json:"attempts"`
	Sequence uint64            `json:"sequence"`
}

func (s *Service) listTasks(c echo.Context) error {
	id, err := jobID(c, "id")
	if err != nil {
		return err
	}
	limit, errLimit := number(c, "limit", 1, tasksPageMax, tasksPage)
	from, errFrom := number(c, "cursor", 0, math.MaxUint32, 0)
	if err := badParams(errLimit, errFrom); err != nil {
		return err
	}
	var (
		list taskList
		ok   bool
	)
	err = s.read(c, func(m *projection.Model, at moment) {
		list.Sequence = at.sequence
		list.Tasks, list.Next, ok = m.Tasks(id, uint32(from), int(limit), at.now)
	})
	if err != nil {
		return err
	}
	if !ok {
		return submission.ErrNotFound
	}
	return writeJSON(c, http.StatusOK, jsonType, list)
}

func (s *Service) getTask(c echo.Context) error {
	slot, err := s.slot(c)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, jsonType, slot)
}

// slot reads the slot that the path names.
func (s *Service) slot(c echo.Context) (slotTasks, error) {
	id, err := jobID(c, "id")
	if err != nil {
		return slotTasks{}, err
	}
	n, err := strconv.ParseUint(c.Param("slot"), 10, 32)
	if err != nil {
		return slotTasks{}, badParam("slot", "must be the number of a slot, from 0")
	}
	slot := slotTasks{Slot: uint32(n)}
	known, ok := false, false
	err = s.read(c, func(m *projection.Model, at moment) {
		slot.Sequence = at.sequence
		_, known = m.Job(id)
		slot.Attempts, ok = m.Slot(id, slot.Slot, at.now)
	})
	switch {
	case err != nil:
		return slot, err
	case !known:
		return slot, submission.ErrNotFound
	case !ok:
		return slot, errNoTask
	}
	return slot, nil
}

// taskLogs gives a part of what a task wrote, as its agent has it.
func (s *Service) taskLogs(c echo.Context) error {
	var errFile error
	file := c.Param("file")
	if file != "stdout" && file != "stderr" {
		errFile = badParam("file", "must be stdout or stderr")
	}
	offset, errOffset := number(c, "offset", 0, math.MaxInt64, 0)
	length, errLength := number(c, "length", 1, logChunk, logChunk)
	attempt, errAttempt := number(c, "attempt", 1, math.MaxUint32, 0)
	if err := badParams(errFile, errOffset, errLength, errAttempt); err != nil {
		return err
	}
	if s.opts.Sandbox == nil {
		return errNoSandbox
	}
	slot, err := s.slot(c)
	if err != nil {
		return err
	}
	id, err := jobID(c, "id")
	if err != nil {
		return err
	}
	framework := ""
	s.live.View(func(m *projection.Model) {
		framework = m.State().Launcher.FrameworkID
		if end, ok := m.LastEnd(id, slot.Slot, m.Time()); ok {
			slot.Attempts = append([]projection.Task{end}, slot.Attempts...)
		}
	})
	t, err := chosen(slot.Attempts, uint32(attempt))
	if err != nil {
		return err
	}
	data, size, err := s.opts.Sandbox.ReadFile(c.Request().Context(), t.AgentURL, framework, t.TaskID, file, int64(offset), int(length))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errAgent, err)
	}
	h := c.Response().Header()
	h.Set("X-Taurus-Offset", strconv.FormatUint(offset, 10))
	h.Set("X-Taurus-Size", strconv.FormatInt(size, 10))
	h.Set("X-Taurus-Attempt", strconv.FormatUint(uint64(t.Attempt), 10))
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
