package v2

import (
	"math"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

const tasksPage, tasksPageMax = 1000, 10_000

// tasks are those of a job, and what they write.
type tasks struct {
	reader *reader.Reader
	// sandbox is nil where this instance cannot reach agents.
	sandbox Sandbox
}

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

func (t *tasks) list(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	limit, errLimit := web.Number(c, "limit", 1, tasksPageMax, tasksPage)
	from, errFrom := web.Number(c, "cursor", 0, math.MaxUint32, 0)
	if err := web.BadParams(errLimit, errFrom); err != nil {
		return err
	}
	var (
		list taskList
		ok   bool
	)
	err = t.reader.ScanWhole(c, id, func(m *projection.Model, at reader.Moment) {
		list.Sequence = at.Sequence
		list.Tasks, list.Next, ok = m.Tasks(id, uint32(from), int(limit), at.Now)
	})
	if err != nil {
		return err
	}
	if !ok {
		return submission.ErrNotFound
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, list)
}

func (t *tasks) get(c echo.Context) error {
	slot, err := t.slot(c)
	if err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, slot)
}

// slot reads the slot that the path names.
func (t *tasks) slot(c echo.Context) (slotTasks, error) {
	id, err := web.JobID(c, "id")
	if err != nil {
		return slotTasks{}, err
	}
	n, err := strconv.ParseUint(c.Param("slot"), 10, 32)
	if err != nil {
		return slotTasks{}, web.BadParam("slot", "must be the number of a slot, from 0")
	}
	slot := slotTasks{Slot: uint32(n)}
	known, ok := false, false
	err = t.reader.Whole(c, id, func(m *projection.Model, at reader.Moment) {
		slot.Sequence = at.Sequence
		_, known = m.Job(id)
		slot.Attempts, ok = m.Slot(id, slot.Slot, at.Now)
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
