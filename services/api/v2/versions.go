package v2

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// versionList are the versions of a job that are kept, the oldest first.
type versionList struct {
	Versions []projection.Version `json:"versions"`
	Sequence uint64               `json:"sequence"`
}

// comparison is what differs between two versions of a job.
type comparison struct {
	From     uint64       `json:"from"`
	To       uint64       `json:"to"`
	Changes  []job.Change `json:"changes"`
	Sequence uint64       `json:"sequence"`
}

// kept reads the versions of a job.
func (j *jobs) kept(c echo.Context) (list versionList, err error) {
	id, err := web.JobID(c, "id")
	if err != nil {
		return list, err
	}
	ok := false
	err = j.reader.Read(c, func(m *projection.Model, at reader.Moment) {
		list.Sequence = at.Sequence
		list.Versions, ok = m.Versions(id)
	})
	if err == nil && !ok {
		err = submission.ErrNotFound
	}
	return list, err
}

func (j *jobs) versions(c echo.Context) error {
	list, err := j.kept(c)
	if err != nil {
		return err
	}
	projection.Compare(list.Versions)
	for i := range list.Versions {
		list.Versions[i].Spec = nil
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, list)
}

func (j *jobs) version(c echo.Context) error {
	list, err := j.kept(c)
	if err != nil {
		return err
	}
	v, err := found(list.Versions, c.Param("version"))
	if err != nil {
		return err
	}
	projection.Compare(list.Versions)
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}

// found is the version that a user names.
func found(list []projection.Version, name string) (*projection.Version, error) {
	v := projection.FindVersion(list, name)
	if v == nil {
		return nil, &toldError{submission.ErrNoVersion, "There is no version " + strconv.Quote(web.Cleaned(name, web.WordMax)) + "; those that are kept are " + keptOnes(list) + "."}
	}
	return v, nil
}

// keptOnes names versions, with their tags.
func keptOnes(list []projection.Version) string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = strconv.FormatUint(v.Version, 10)
		if v.Tag != "" {
			names[i] += " (" + v.Tag + ")"
		}
	}
	return strings.Join(names, ", ")
}

// diff compares two versions: the newest, and the one before it, unless told others.
func (j *jobs) diff(c echo.Context) error {
	list, err := j.kept(c)
	if err != nil {
		return err
	}
	all := list.Versions
	if len(all) == 0 {
		return submission.ErrNoVersion
	}
	to := &all[len(all)-1]
	if name := c.QueryParam("to"); name != "" {
		if to, err = found(all, name); err != nil {
			return err
		}
	}
	from := before(all, to)
	if name := c.QueryParam("from"); name != "" {
		if from, err = found(all, name); err != nil {
			return err
		}
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, comparison{
		From: from.Version, To: to.Version, Changes: projection.Changes(from.Spec, to.Spec), Sequence: list.Sequence,
	})
}

// before is the version that is kept before one, itself if there is none.
func before(list []projection.Version, v *projection.Version) *projection.Version {
	for i := range list {
		if i > 0 && list[i].Version == v.Version {
			return &list[i-1]
		}
	}
	return v
}

// tagging is the body of a request that gives a version a name.
type tagging struct {
	Tag *string `json:"tag"`
}

func (j *jobs) tag(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	var want tagging
	if err := decode(c, &want); err != nil {
		return err
	}
	if want.Tag == nil {
		return job.Faults{{Path: "tag", Message: `is missing; give the name, or "" to take it away`}}
	}
	v, err := j.named(id, c.Param("version"))
	if err != nil {
		return err
	}
	sequence, err := j.commander.Do(c.Request().Context(), web.RequestOf(c).Author, id, submission.Tag{Version: v.Version, Name: *want.Tag})
	if err != nil {
		return err
	}
	if v, err = j.named(id, strconv.FormatUint(v.Version, 10)); err != nil {
		return err
	}
	web.SetSequence(c, sequence)
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}

// named is the version of a job that a user names, as it is now.
func (j *jobs) named(id, name string) (projection.Version, error) {
	var (
		list []projection.Version
		ok   bool
	)
	j.reader.View(func(m *projection.Model) { list, ok = m.Versions(id) })
	if !ok {
		return projection.Version{}, submission.ErrNotFound
	}
	v, err := found(list, name)
	if err != nil {
		return projection.Version{}, err
	}
	return *v, nil
}
