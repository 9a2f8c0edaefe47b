package conformance_test

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// measured is the note of a time: its label and seconds.
var measured = regexp.MustCompile(`^(.*): measured ([\d.]+) s$`)

// bounds is how the driver keeps a time that it found within its bounds.
var bounds = regexp.MustCompile(`^([\d.]+)\.\.[\d.]+ s$`)

// slack is what the record's clock and its notes may be apart.
const slack = 20 * time.Millisecond

// noSooner fails when the last line is the note of a time and what it measured
// came sooner than the driver allows. That it came later is no failure: how busy
// the machine is decides that.
func (r *replay) noSooner(lines []line) {
	r.t.Helper()
	note := &lines[len(lines)-1]
	m := measured.FindStringSubmatch(note.Note)
	if m == nil {
		return
	}
	least, err := leastOf(r.observation(m[1]))
	if err != nil {
		r.t.Fatalf("%s: %v", note, err)
	}
	from, to, ok := r.span(lines, m[2])
	if ok && to.Sub(from) < least-slack {
		r.t.Errorf("%s: here it took %v, which is less than %v", note, to.Sub(from), least)
	}
}

// leastOf reads the lower bound of an observed time.
func leastOf(observed any) (time.Duration, error) {
	text, _ := observed.(string)
	m := bounds.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%v is no bound of a time", observed)
	}
	seconds, err := strconv.ParseFloat(m[1], 64)
	return time.Duration(seconds * float64(time.Second)), err
}

// span finds when, here, the recorded measurement began and ended: at the last
// line before the recorded beginning, and at the last line that has a time.
func (r *replay) span(lines []line, seconds string) (from, to time.Time, ok bool) {
	took, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return from, to, false
	}
	began := lines[len(lines)-1].T - took
	for i := range lines {
		at, known := r.times[lines[i].number]
		if !known || lines[i].is("ACKNOWLEDGE") {
			continue
		}
		if lines[i].T <= began+slack.Seconds() {
			from = at
		}
		to = at
	}
	return from, to, !from.IsZero()
}
