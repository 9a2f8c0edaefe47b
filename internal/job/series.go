package job

import (
	"bytes"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Schedule says when the runs of a periodic job begin.
type Schedule struct {
	// Cron are lines of cron; the job is due when any of them is. Package cron says how
	// they are read.
	Cron Lines `json:"cron"`
	// TimeZone is the IANA name of the zone whose clock the lines go by, UTC unless told
	// otherwise.
	TimeZone string `json:"time_zone,omitzero"`
	// Overlap is what becomes of a run that is due while one before it goes on.
	Overlap string `json:"overlap,omitzero"`
	// StartDeadline is how late a run may begin before it has been missed.
	StartDeadline Duration `json:"start_deadline,omitzero"`
	// Missed says which of the runs that were missed are made up for.
	Missed string `json:"missed,omitzero"`
	// KeepRuns is how many runs that have ended are kept.
	KeepRuns uint32 `json:"keep_runs,omitzero"`
}

// Dispatch makes a batch job one that runs when it is asked to, each time as a job of
// its own.
type Dispatch struct {
	// Parameters are what a run may be given, by the name of the environment variable
	// that each becomes.
	Parameters map[string]DispatchParameter `json:"parameters,omitempty"`
	// KeepRuns is how many runs that have ended are kept.
	KeepRuns uint32 `json:"keep_runs,omitzero"`
}

// DispatchParameter is one that a run may be given.
type DispatchParameter struct {
	// Required refuses a run that is not given it.
	Required bool `json:"required,omitzero"`
	// Default is what a run gets that is not given it.
	Default     string `json:"default,omitzero"`
	Description string `json:"description,omitzero"`
}

// The defaults of schedules and dispatch.
const (
	DefaultStartDeadline = Duration(10 * time.Minute)
	DefaultKeepRuns      = 10
)

// The words of a schedule.
const (
	// OverlapAllow begins the run beside those before it.
	OverlapAllow = "allow"
	// OverlapForbid leaves the run out.
	OverlapForbid = "forbid"
	// OverlapReplace stops those before it, and begins the run once they are over.
	OverlapReplace = "replace"

	// MissedNone makes up for none.
	MissedNone = "none"
	// MissedLast makes up for the last one, unless a run is due since.
	MissedLast = "last"
	// MissedAll makes up for each.
	MissedAll = "all"
)

// Series reports whether nothing of the job runs itself: its runs are jobs of their own,
// which are made of it.
func (s *Spec) Series() bool { return s != nil && (s.Kind == KindPeriodic || s.Dispatch != nil) }

// KeepRuns is how many runs that have ended a series keeps.
func (s *Spec) KeepRuns() int {
	switch {
	case s == nil:
		return 0
	case s.Schedule != nil:
		return int(s.Schedule.KeepRuns)
	case s.Dispatch != nil:
		return int(s.Dispatch.KeepRuns)
	}
	return 0
}

// RunSpec is the spec of one run of a series: a batch job with the id and, in the
// environment of each group, the parameters. What a run is not given it gets the
// defaults of.
func (s *Spec) RunSpec(id string, parameters map[string]string) *Spec {
	run := s.Clone()
	run.ID, run.Kind, run.Schedule, run.Dispatch = id, KindBatch, nil, nil
	env := map[string]Variable{}
	if s.Dispatch != nil {
		for name, p := range s.Dispatch.Parameters {
			if p.Default != "" {
				env[name] = Plain(p.Default)
			}
		}
	}
	for name, value := range parameters {
		env[name] = Plain(value)
	}
	for i := range run.Tasks {
		if g := &run.Tasks[i]; len(env) > 0 {
			if g.Env == nil {
				g.Env = map[string]Variable{}
			}
			maps.Copy(g.Env, env)
		}
	}
	run.Normalise()
	return run
}

const (
	// runTime is how the time of a run is written in its id, in UTC.
	runTime = "20060102T150405Z"
	// runIDRoom is how many bytes the id of a run may be longer than that of its series.
	runIDRoom = 1 + len(runTime) + 1 + 10
)

// RunID names a run of a series: by the time it was due at, or if it was asked for by
// when, and by its number.
func RunID(series string, at time.Time, number uint64) string {
	id := series + "@" + at.UTC().Format(runTime)
	if number != 0 {
		id += "-" + strconv.FormatUint(number, 10)
	}
	return id
}

// IsRunID reports whether an id has the shape of that of a run.
func IsRunID(id string) bool {
	at := strings.LastIndexByte(id, '@')
	if at < 0 {
		return false
	}
	text, number, numbered := strings.Cut(id[at+1:], "-")
	if _, err := time.Parse(runTime, text); err != nil {
		return false
	}
	_, err := strconv.ParseUint(number, 10, 64)
	return !numbered || err == nil
}

// Lines are several, written as a list, or one, which may be written as a string.
type Lines []string

// UnmarshalJSON reads a list of strings, or one string.
func (l *Lines) UnmarshalJSON(data []byte) error {
	*l = nil
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) {
		*l = Lines{""}
		return json.Unmarshal(data, &(*l)[0])
	}
	return json.Unmarshal(data, (*[]string)(l))
}

func (s *Schedule) normalise() {
	s.Overlap = orDefault(strings.ToLower(s.Overlap), OverlapForbid)
	s.Missed = orDefault(strings.ToLower(s.Missed), MissedLast)
	s.StartDeadline = orDefault(s.StartDeadline, DefaultStartDeadline)
	s.KeepRuns = orDefault(s.KeepRuns, DefaultKeepRuns)
	s.TimeZone = orDefault(s.TimeZone, "UTC")
	for i := range s.Cron {
		s.Cron[i] = strings.Join(strings.Fields(s.Cron[i]), " ")
	}
}

func (d *Dispatch) normalise() {
	d.KeepRuns = orDefault(d.KeepRuns, DefaultKeepRuns)
	d.Parameters = orNil(d.Parameters)
}

func (s *Schedule) clone() *Schedule {
	if s == nil {
		return nil
	}
	c := *s
	c.Cron = append(Lines(nil), s.Cron...)
	return &c
}

func (d *Dispatch) clone() *Dispatch {
	if d == nil {
		return nil
	}
	c := *d
	c.Parameters = maps.Clone(d.Parameters)
	return &c
}
