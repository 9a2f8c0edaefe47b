package rehearsing_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/rehearsal"
	"github.com/milosgajdos/taurus/internal/rehearsing"
	"github.com/milosgajdos/taurus/pkg/events"
)

// written are decisions as they are told to another build.
func written(t *testing.T, decisions ...rehearsal.Decision) string {
	t.Helper()
	var out bytes.Buffer
	w, err := rehearsing.NewWriter(&out, "v1")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range decisions {
		if err := w.Decision(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(9); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func read(text string) (list []rehearsal.Decision, err error) {
	_, all, err := rehearsing.Read(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	for d, err := range all {
		if err != nil {
			return list, err
		}
		list = append(list, d)
	}
	return list, nil
}

func decisions() []rehearsal.Decision {
	at := time.Date(2027, 1, 1, 0, 0, 0, 5, time.UTC)
	return []rehearsal.Decision{
		{After: 4, Time: at, Job: "web", Event: events.TasksPlanned{Run: 4, Group: "web", Slots: []events.SlotRange{{From: 0, To: 1, Attempt: 1}}}},
		{After: 5, Time: at, Job: "web"},
		{After: 7, Time: at, Job: "web", Event: events.TasksDoomed{Run: 4, Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 1}}, Reason: "r"}},
	}
}

// TestDecisionsComeAsTheyWereTold, and what breaks off or is something else is an error.
func TestDecisionsComeAsTheyWereTold(t *testing.T) {
	text := written(t, decisions()...)
	if got, err := read(text); err != nil || !reflect.DeepEqual(got, decisions()) {
		t.Errorf("%+v, %v", got, err)
	}
	lines := strings.SplitAfter(text, "\n")
	for name, text := range map[string]string{
		"nothing": "", "help": "Usage: taurus\n", "another version": `{"taurus_decisions":2}`, "no end": strings.Join(lines[:3], ""),
		"half a line": text[:len(text)-30], "a broken one": lines[0] + "{\n", "no such event": lines[0] + `{"after":1,"type":"taurus.plan.tasks_planned.v1","data":[]}`,
	} {
		if _, err := read(text); !errors.Is(err, rehearsing.ErrWire) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"taurus_decisions":1,"build":"v"}` + "\n" + `{"after":1,"time":"2027-01-01T00:00:00Z","job":"a"}` + "\n" + `{"end":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := read(text); err != nil && !errors.Is(err, rehearsing.ErrWire) {
			t.Error(err)
		}
	})
}
