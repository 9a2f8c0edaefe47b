package cluster_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"hash"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/exact"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

var updateFlag = flag.Bool("update", false, "write testdata anew")

// again is a state that was encoded and decoded.
func again(t rapid.TB, s *cluster.State) *cluster.State {
	t.Helper()
	data := encoded(t, s)
	back, err := cluster.DecodeState(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return back
}

func encoded(t rapid.TB, s *cluster.State) []byte {
	t.Helper()
	data, err := cluster.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestDecodedGoesOn: at every place of any log the state that was encoded and decoded is
// the same, fields that nobody sees too, and whatever comes is the same to it.
func TestDecodedGoesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := nonsense().Draw(t, "log")
		at := rapid.IntRange(0, len(log)).Draw(t, "at")
		s, went := cluster.New(), cluster.New()
		for i, r := range log {
			if i == at {
				went = again(t, s)
			}
			c := apply(t, s, r)
			if i%4 == at%4 {
				if back := again(t, s); !reflect.DeepEqual(s, back) {
					t.Fatalf("after %d it is\n%s\nand not\n%s", r.Sequence, encoded(t, back), encoded(t, s))
				}
			}
			if i < at {
				continue
			}
			if other := apply(t, went, r); !alike(c, other) {
				t.Fatalf("record %d changes %+v, and %+v of what was decoded", r.Sequence, c, other)
			}
		}
		if at < len(log) && !reflect.DeepEqual(s, went) {
			t.Fatalf("it came to\n%s\nand not\n%s", encoded(t, went), encoded(t, s))
		}
	})
}

// TestDecodedHasEachTaskOnce, however it is found, and what tasks of an agent share once.
func TestDecodedHasEachTaskOnce(t *testing.T) {
	l, task := in(t, "FAILED")
	for slot := range uint32(2) {
		l.Plan("web", events.TasksPlanned{Run: task.Run, Version: 1, Group: "web", Slots: clustertest.Slots(slot+1, slot+1, 1)})
		l.Task("web", slot+1, events.TaskStaged{
			Run: task.Run, Version: 1, Group: "web", Slot: slot + 1, Attempt: 1, TaskID: fmt.Sprint("t", slot), AgentID: "S1", Attributes: map[string]string{"rack": "r1"},
		})
	}
	back := again(t, l.State)
	slots := back.Jobs["web"].Slots
	if slots[0].LastEnd != slots[0].Newest() || slots[0].LastEnd == task {
		t.Error("the last that ended in a slot is another than the one in it")
	}
	for n, slot := range slots {
		if one := slot.Newest(); back.TaskByID(one.ID) != one {
			t.Errorf("slot %d: by its id it is another", n)
		}
	}
	if j := back.Jobs["web"]; j.Spec != j.Versions[0].Spec {
		t.Error("the spec is another than that of its version")
	}
	slots[1].Newest().Attributes["rack"] = "r2"
	if slots[2].Newest().Attributes["rack"] != "r2" {
		t.Error("each task has attributes of its own")
	}
}

// TestDecodedFindsOddIDs: ids that a foreign hand gave twice, or that changed, are found as
// they were.
func TestDecodedFindsOddIDs(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	run := l.Submit(clustertest.Service("web", 3)).Run
	for slot := range uint32(3) {
		l.Plan("web", events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(2-slot, 2-slot, 1)})
		l.Task("web", 2-slot, events.TaskStaged{Run: run, Version: 1, Group: "web", Slot: 2 - slot, Attempt: 1, TaskID: "one"})
	}
	check := func(what string) {
		t.Helper()
		if back := again(t, l.State); !reflect.DeepEqual(l.State, back) {
			t.Errorf("%s: %s", what, encoded(t, back))
		}
	}
	check("one id thrice")
	l.Task("web", 0, events.TaskAdopted{Run: run, Version: 1, Group: "web", Slot: 0, Attempt: 1, TaskID: "other", State: "TASK_RUNNING"})
	l.Task("web", 1, events.TaskWithdrawn{Run: run, Slot: 1, Attempt: 1})
	l.Plan("web", events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(1, 1, 2)})
	check("one that was given up, and one that became another")
}

// golden are logs as sim once wrote them, by the names of their files: rollouts, schedules,
// gangs, drains, policies, agents that come and go, and all of taurus under faults.
func golden(t testing.TB) map[string][]cluster.Record {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.ndjson.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	logs := map[string][]cluster.Record{}
	for _, path := range files {
		logs[filepath.Base(path)] = readLog(t, path)
	}
	return logs
}

func readLog(t testing.TB, path string) (log []cluster.Record) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := jsontext.NewDecoder(unzipped)
	for lines.PeekKind() == '{' {
		var line struct {
			Time    time.Time
			Subject string
			Header  map[string]string
			Data    jsontext.Value
		}
		if err := json.UnmarshalDecode(lines, &line); err != nil {
			t.Fatal(err)
		}
		r, err := cluster.Decode(events.NewSpace(0), uint64(len(log))+1, line.Time, events.Message{Subject: line.Subject, Header: line.Header, Data: line.Data})
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, r)
	}
	return log
}

// TestDecodedGoesOnGolden: from everywhere in the golden logs.
func TestDecodedGoesOnGolden(t *testing.T) {
	const every = 37
	for name, log := range golden(t) {
		s, went := cluster.New(), cluster.New()
		for i, r := range log {
			if i%every == 0 {
				if went = again(t, s); !reflect.DeepEqual(s, went) {
					t.Fatalf("%s: before %d it is\n%s\nand not\n%s", name, r.Sequence, encoded(t, went), encoded(t, s))
				}
			}
			one, err := s.Apply(r)
			other, otherErr := went.Apply(r)
			if err != nil || otherErr != nil {
				t.Fatal(name, err, otherErr)
			}
			if !alike(one, other) {
				t.Fatalf("%s: record %d changes %+v, and %+v of what was decoded", name, r.Sequence, one, other)
			}
		}
		if !reflect.DeepEqual(s, went) {
			t.Error(name + ": what was decoded came to another state")
		}
	}
}

// alike reports whether two changes are the same, in whatever order their tasks are found.
func alike(one, other cluster.Change) bool {
	order := func(c cluster.Change) cluster.Change {
		c.Tasks = slices.SortedFunc(slices.Values(c.Tasks), func(a, b *cluster.Task) int {
			return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Run, b.Run), cmp.Compare(a.Attempt, b.Attempt))
		})
		return c
	}
	return reflect.DeepEqual(order(one), order(other))
}

// TestFoldVersion: what a log means is what it meant, or states that were encoded before are
// not read any more.
func TestFoldVersion(t *testing.T) {
	logs, sum := golden(t), sha256.New()
	for _, name := range slices.Sorted(maps.Keys(logs)) {
		s := cluster.New()
		for i, r := range logs[name] {
			c, err := s.Apply(r)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(sum, r.Sequence, c.Judgement)
			if i%50 == 49 || i == len(logs[name])-1 {
				sum.Write(encoded(t, s))
			}
		}
	}
	matchGolden(t, "fold.golden", fmt.Sprintf("FoldVersion %d\ndigest %s\n", cluster.FoldVersion, digest(sum)),
		"the fold's meaning changed: raise FoldVersion, and write this anew (go test ./internal/core/cluster -update)")
}

func digest(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// TestEveryFieldIsStoredOrDerived: whoever adds a field to the state, or to what is in it, says
// which of the two it is.
func TestEveryFieldIsStoredOrDerived(t *testing.T) {
	shape, err := cluster.Shape()
	if err != nil {
		t.Fatal(err)
	}
	matchGolden(t, "fields.golden", shape, "the fields of the state are others. A new one is stored, unless codec names it and derive makes it again. "+
		"Is that right? Then write this anew (go test ./internal/core/cluster -update)")
	format, err := cluster.Format()
	if err != nil || len(format) != 16 {
		t.Errorf("format %q, %v", format, err)
	}
}

func matchGolden(t *testing.T, name, got, advice string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateFlag {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	t.Error(advice)
	was, is := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for _, line := range is {
		if !strings.Contains(string(want), line+"\n") {
			t.Errorf("+ %s", line)
		}
	}
	for _, line := range was {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("- %s", line)
		}
	}
}

// TestUnfit: what would have the fold stumble is not read.
func TestUnfit(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"State":{}}`, `{"State":{"Jobs":{"a":{"ID":"b","Slots":{}}}}}`, `{"State":{"Jobs":{"a":{"ID":"a"}}}}`,
		`{"State":{"Jobs":{"a":{"ID":"a","Slots":{"1":{}}}}}}`, `{"State":{"Jobs":{"a":{"ID":"a","Slots":{"1":{"Number":1,"Tasks":[{"Job":"a"}]}}}}}}`,
		`{"State":{"Jobs":{"a":{"ID":"a","Slots":{"1":{"Number":1,"seat":{"held":true}}}}}}}`, `{"State":{"Jobs":{"a":{"ID":"a","Slots":{},"Versions":[{}]}}}}`,
		`{"State":{"Jobs":{"a":{"ID":"a","Slots":{},"Versions":[{"Spec":{"Tasks":[{}]}}]}}}}`, `{"State":{"Jobs":{"a":{"ID":"a","Slots":{},"indexes":{"g":{"full":1}}}}}}`,
	} {
		if _, err := cluster.DecodeState([]byte(text)); !errors.Is(err, cluster.ErrUnfit) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{``, `[]`, `{"State":{"Jobs":{"a":null}}}`, `{"State":{"byID":{}}}`, `{"State":{"Jobs":{},"Unheard":1}}`} {
		if _, err := cluster.DecodeState([]byte(text)); !errors.Is(err, exact.ErrMalformed) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzDecodeState: whatever it reads it writes the same again.
func FuzzDecodeState(f *testing.F) {
	l := clustertest.New()
	l.Elect()
	spec := clustertest.Service("web", 2)
	spec.Tasks[0].Env = map[string]job.Variable{"A": {Value: "b"}}
	run := l.Submit(spec).Run
	f.Add(encoded(f, l.State))
	l.Plan("web", events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 1, 1)})
	l.Stage(l.State.Jobs["web"].Slots[0].Newest())
	l.Plan("web", events.TasksDoomed{Run: run, Slots: clustertest.Slots(0, 0, 1), Reason: "r"})
	f.Add(encoded(f, l.State))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := cluster.DecodeState(data)
		if err != nil {
			return
		}
		first := encoded(t, s)
		if second := encoded(t, again(t, s)); !bytes.Equal(first, second) {
			t.Fatalf("%s\nis written the second time\n%s", first, second)
		}
	})
}
