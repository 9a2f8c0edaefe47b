package rehearsing

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/core/rehearsal"
	"github.com/milosgajdos/taurus/pkg/events"
)

// wireVersion is that of the lines in which the decisions of a planner are told to
// another build.
const wireVersion = 1

// ErrWire is returned for what are no decisions of a planner.
var ErrWire = errors.New("these are no decisions of a planner")

// head is the first line.
type head struct {
	Version int    `json:"taurus_decisions"`
	Build   string `json:"build"`
}

// line is a decision, or that the end was reached.
type line struct {
	After uint64         `json:"after,omitzero"`
	Time  time.Time      `json:"time,omitzero"`
	Job   string         `json:"job,omitzero"`
	Type  string         `json:"type,omitzero"`
	Data  jsontext.Value `json:"data,omitzero"`
	// End is the last sequence that was folded.
	End uint64 `json:"end,omitzero"`
}

// Writer tells decisions to another build, one a line.
type Writer struct{ out *bufio.Writer }

// NewWriter begins to tell the decisions of a build.
func NewWriter(w io.Writer, build string) (*Writer, error) {
	one := &Writer{out: bufio.NewWriter(w)}
	return one, one.line(head{Version: wireVersion, Build: build})
}

func (w *Writer) line(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("tell a decision: %w", err)
	}
	_, err = w.out.Write(append(data, '\n'))
	return err
}

// Decision tells one.
func (w *Writer) Decision(d rehearsal.Decision) error {
	l := line{After: d.After, Time: d.Time, Job: d.Job}
	if d.Event != nil {
		data, err := json.Marshal(d.Event)
		if err != nil {
			return fmt.Errorf("tell a decision: %w", err)
		}
		l.Type, l.Data = d.Event.Type(), data
	}
	return w.line(l)
}

// Close says that all up to a sequence was decided about.
func (w *Writer) Close(last uint64) error {
	return errors.Join(w.line(line{End: last}), w.out.Flush())
}

// lineMax is how long a line may be, in bytes: no event is longer.
const lineMax = 16 << 20

// Read reads the decisions of another build. The error is ErrWire, or that of reading;
// a build that died before the end is one.
func Read(r io.Reader) (build string, decisions iter.Seq2[rehearsal.Decision, error], err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, lineMax)
	var first head
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &first) != nil || first.Version == 0 {
		return "", nil, ErrWire
	}
	if first.Version != wireVersion {
		return "", nil, fmt.Errorf("%w that this build knows: they are of version %d, not %d", ErrWire, first.Version, wireVersion)
	}
	return first.Build, func(yield func(rehearsal.Decision, error) bool) {
		for lines.Scan() {
			d, end, err := decode(lines.Bytes())
			if end || !yield(d, err) || err != nil {
				return
			}
		}
		yield(rehearsal.Decision{}, fmt.Errorf("%w to the end of the log: they break off", ErrWire))
	}, nil
}

func decode(data []byte) (d rehearsal.Decision, end bool, err error) {
	var l line
	if err := json.Unmarshal(data, &l); err != nil {
		return d, false, fmt.Errorf("%w: %w", ErrWire, err)
	}
	if l.End != 0 {
		return d, true, nil
	}
	d = rehearsal.Decision{After: l.After, Time: l.Time, Job: l.Job}
	if l.Type == "" {
		return d, false, nil
	}
	_, ev, err := events.Decode(events.Message{Data: l.Data.Clone(), Header: map[string]string{
		events.HeaderID: "decided", events.HeaderTime: l.Time.Format(time.RFC3339Nano), events.HeaderType: l.Type,
	}})
	if err != nil {
		return d, false, fmt.Errorf("%w: %w", ErrWire, err)
	}
	d.Event = ev
	return d, false, nil
}
