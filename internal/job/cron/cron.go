package cron

import (
	"errors"
	"fmt"
	"strings"
	"time"

	calendar "github.com/netresearch/go-cron"
)

// The bounds of a schedule.
const (
	// LinesMax is how many lines one may have.
	LinesMax = 20
	// LineBytes is how long a line may be.
	LineBytes = 256
	// searchYears is how far ahead a line is looked for: 29 February is eight years
	// after the one before in 2104.
	searchYears = 12
	day         = 24 * time.Hour
)

var (
	errEmpty = errors.New("is empty; give five fields such as 30 2 * * *, or @daily")
	errNever = errors.New("is never due; no month has that day")
	errEvery = errors.New("counts from nowhere; give the times instead, such as */10 * * * *")
)

// Schedule are lines of cron in a time zone. It is never changed.
type Schedule struct {
	lines []line
	zone  *time.Location
}

// line is one line, with times of the wall taken for UTC.
type line struct {
	times calendar.Schedule
	// everyHour reports whether it names every hour, so that it goes on through any
	// change of the clock.
	everyHour bool
}

// Parse reads lines that are due by the clock of a zone.
func Parse(lines []string, zone string) (*Schedule, error) {
	where, err := Zone(zone)
	if err != nil {
		return nil, err
	}
	s := &Schedule{zone: where}
	for _, text := range lines {
		l, err := parseLine(text)
		if err != nil {
			return nil, fmt.Errorf("%q %w", text, err)
		}
		s.lines = append(s.lines, l)
	}
	return s, nil
}

// Check returns what is wrong with a line, nil if nothing is.
func Check(text string) error {
	_, err := parseLine(text)
	return err
}

func parseLine(text string) (line, error) {
	const allHours = 1<<24 - 1
	switch {
	case strings.TrimSpace(text) == "":
		return line{}, errEmpty
	case len(text) > LineBytes:
		return line{}, fmt.Errorf("is %d bytes; make it at most %d", len(text), LineBytes)
	case strings.Contains(text, "="): // The calendar would load a zone from the machine.
		return line{}, errors.New("names a time zone; give time_zone instead")
	}
	const least, most = 5, 6
	if n := len(strings.Fields(text)); !strings.HasPrefix(strings.TrimSpace(text), "@") && (n < least || n > most) {
		return line{}, fmt.Errorf("is no line of cron: it has %d fields; give minute, hour, day, month and weekday, with the second before them if you like", n)
	}
	parser, err := calendar.TryNewParser(calendar.SecondOptional | calendar.Minute | calendar.Hour | calendar.Dom | calendar.Month |
		calendar.Dow | calendar.Descriptor | calendar.DowOrDom | calendar.Extended)
	if err != nil {
		return line{}, err
	}
	parsed, err := parser.WithMaxSearchYears(searchYears).Parse(strings.TrimSpace(text))
	if err != nil {
		return line{}, fmt.Errorf("is no line of cron: %w", err)
	}
	spec, fields := parsed.(*calendar.SpecSchedule)
	if !fields {
		return line{}, errEvery
	}
	l := line{times: spec, everyHour: spec.Hour&allHours == allHours}
	if spec.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return line{}, errNever
	}
	return l, nil
}

// Next returns the first instant after a given one at which the schedule is due, in
// UTC; zero if there is none in the years to come.
func (s *Schedule) Next(after time.Time) time.Time {
	var first time.Time
	for _, l := range s.lines {
		if at := l.next(after, s.zone); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// next goes through the stretches of time between two changes of the zone's clock. In
// each the wall shows UTC and a constant.
func (l line) next(after time.Time, zone *time.Location) time.Time {
	limit := after.AddDate(searchYears, 0, 0)
	for at := after; at.Before(limit); {
		_, offset := at.In(zone).Zone()
		start, end := at.In(zone).ZoneBounds()
		if !end.IsZero() && !end.After(at) {
			end = at.Add(day) // On the last day of a leap year Go names one that is past.
		}
		ahead := time.Duration(offset) * time.Second
		from := at.UTC().Add(ahead) // What the wall showed last.
		if !start.IsZero() {
			_, before := start.Add(-time.Nanosecond).In(zone).Zone()
			changed := start.UTC().Add(time.Duration(before) * time.Second) // The wall when the clock was put.
			begins := start.UTC().Add(ahead)
			if after.Before(start) {
				from = begins.Add(-time.Nanosecond)
				if due := l.times.Next(changed.Add(-time.Nanosecond)); !l.everyHour && !due.IsZero() && due.Before(begins) {
					return start.UTC()
				}
			}
			if !l.everyHour { // What the wall showed before it was put back is over.
				from = later(from, changed.Add(-time.Nanosecond))
			}
		}
		due := l.times.Next(from)
		if due.IsZero() {
			return due
		}
		if instant := due.Add(-ahead); end.IsZero() || instant.Before(end) {
			return instant
		}
		at = end
	}
	return time.Time{}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
