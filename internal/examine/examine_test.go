package examine_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// log is one that a test can harm, with the marks and hashes of who folded it whole.
type log struct {
	t       testing.TB
	records []eventlog.Record
	chain   chain.Verifier
	mark    mark.Mark
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func (l *log) add(subject string, ev events.Event) {
	l.t.Helper()
	sequence := uint64(1)
	if n := len(l.records); n > 0 {
		sequence = l.records[n-1].Sequence + 1
	}
	m, err := events.Encode(subject, events.Envelope{ID: "e", Source: "test", Actor: "ann", Time: start}, ev)
	if err != nil {
		l.t.Fatal(err)
	}
	r := eventlog.Record{Sequence: sequence, Time: start.Add(time.Duration(sequence) * time.Second), Message: m}
	if head, _, _ := l.chain.Head(); head == sequence-1 {
		if err := l.chain.Add(r.Sequence, r.Time, m); err != nil {
			l.t.Fatal(err)
		}
	}
	l.records = append(l.records, r)
}

func (l *log) jobs(n int) {
	for range n {
		l.add(events.NewSpace(0).Job("web"), events.JobDeleted{Run: 1})
	}
}

// seal seals what there is, through n records before the end.
func (l *log) seal() {
	through, hash, _ := l.chain.Head()
	l.add(events.SealSubject, events.LogSealed{Through: through, Hash: hash.String(), Records: through})
}

func (l *log) accept(from, to uint64) {
	l.add(events.LogSubject, events.LossAccepted{From: from, To: to, Reason: "test"})
}

func (l *log) lose(from, to uint64) {
	kept := l.records[:0:0]
	for _, r := range l.records {
		if r.Sequence < from || r.Sequence > to {
			kept = append(kept, r)
		}
	}
	l.records = kept
}

// flip changes a record and leaves its checksum.
func (l *log) flip(sequence uint64) {
	for i := range l.records {
		if r := &l.records[i]; r.Sequence == sequence {
			r.Data = []byte(strings.Replace(string(r.Data), "1", "7", 1))
		}
	}
}

// unsum takes the checksum of a record away.
func (l *log) unsum(sequence uint64) {
	for i := range l.records {
		if r := &l.records[i]; r.Sequence == sequence {
			delete(r.Header, events.HeaderSum)
		}
	}
}

// newer appends what this program does not know the version of.
func (l *log) newer() {
	l.add(events.NewSpace(0).Job("web"), events.Unknown{TypeName: "taurus.job.deleted.v9", Data: []byte("{}")})
}

// forge changes a record and makes a new checksum.
func (l *log) forge(sequence uint64) {
	for i := range l.records {
		if r := &l.records[i]; r.Sequence == sequence {
			m, err := events.Encode(r.Subject, events.Envelope{ID: "forged", Source: "x", Time: start}, events.JobDeleted{Run: 9})
			if err != nil {
				l.t.Fatal(err)
			}
			r.Message = m
		}
	}
}

// whole is a log of 21 records, of which 10 are sealed by the eleventh.
func whole(t testing.TB) *log {
	l := &log{t: t}
	l.jobs(10)
	l.seal()
	l.jobs(10)
	sequence, hash, known := l.chain.Head()
	l.mark = mark.Mark{Sequence: sequence, Hash: hash, Known: known, Time: start, First: l.hashAt(1)}
	return l
}

func (l *log) hashAt(sequence uint64) chain.Hash {
	var h chain.Hash
	for _, r := range l.records[:sequence] {
		h = chain.Next(h, r.Sequence, r.Time, r.Message)
	}
	return h
}

// examine reads the log, or what is left of one that counts up to last.
func (l *log) examine(prepare func(*examine.Examiner)) examine.Report {
	a := examine.New(events.NewSpace(0))
	prepare(a)
	next := uint64(1)
	for _, r := range l.records {
		if r.Sequence > next {
			a.Add(exportfile.Item{Lost: exportfile.Range{From: next, To: r.Sequence - 1}})
		}
		a.Add(exportfile.Item{Record: r})
		next = r.Sequence + 1
	}
	return a.Report()
}

// TestReport: what is told of what became of a log that was folded and sealed.
func TestReport(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(l *log)
		// want are the problems, CODE FROM-TO.
		want string
	}{
		"nothing":                     {func(*log) {}, ""},
		"more":                        {func(l *log) { l.jobs(5); l.seal() }, ""},
		"the end lost":                {func(l *log) { l.lose(13, 21) }, "short 13-21"},
		"the end lost, accepted":      {func(l *log) { l.lose(13, 21); l.accept(13, 21) }, ""},
		"the end lost, others came":   {func(l *log) { l.lose(13, 21); l.add(events.LogSubject, events.LogCreated{ID: "x"}); l.jobs(20) }, "other 11-21"},
		"all lost":                    {func(l *log) { l.lose(1, 21) }, "short 1-21"},
		"another log":                 {func(l *log) { l.lose(1, 21); l.add(events.LogSubject, events.LogCreated{ID: "x"}); l.jobs(30) }, "foreign 0-0"},
		"a hole":                      {func(l *log) { l.lose(5, 7) }, "missing 5-7"},
		"a hole, accepted":            {func(l *log) { l.lose(5, 7); l.accept(5, 7) }, ""},
		"half of a hole accepted":     {func(l *log) { l.lose(5, 7); l.accept(5, 6) }, "missing 5-7"},
		"two holes":                   {func(l *log) { l.lose(5, 7); l.lose(15, 15) }, "missing 5-7, missing 15-15"},
		"a bit flipped":               {func(l *log) { l.flip(3) }, "broken 1-10, changed 3-3"},
		"a bit flipped, accepted":     {func(l *log) { l.flip(3); l.accept(3, 3) }, ""},
		"an unsealed bit flipped":     {func(l *log) { l.flip(15) }, "other 11-21, changed 15-15"},
		"a sealed record forged":      {func(l *log) { l.forge(3) }, "broken 1-10"},
		"an unsealed record forged":   {func(l *log) { l.forge(20) }, "other 11-21"},
		"another half accepted":       {func(l *log) { l.lose(5, 7); l.accept(6, 7) }, "missing 5-7"},
		"a hole, accepted by a seal":  {func(l *log) { l.lose(5, 7); l.add(events.SealSubject, events.LossAccepted{From: 5, To: 7}) }, "missing 5-7"},
		"a hole, accepted by nobody":  {func(l *log) { l.lose(5, 7); l.accept(5, 7); l.unsum(22) }, "missing 5-7"},
		"the end, accepted by nobody": {func(l *log) { l.lose(13, 21); l.accept(13, 21); l.unsum(13) }, "short 14-21"},
		"a seal elsewhere":            {func(l *log) { l.add(events.LogSubject, events.LogSealed{Through: 21, Hash: chain.Hash{1}.String()}) }, ""},
		"a seal of nobody": {func(l *log) {
			l.add(events.SealSubject, events.LogSealed{Through: 20, Hash: l.hashAt(20).String()})
			l.unsum(22)
		}, ""},
		"of a newer program":           {func(l *log) { l.newer() }, "newer 22-22"},
		"of a newer program, accepted": {func(l *log) { l.newer(); l.accept(22, 22) }, "newer 22-22"},
		"another loss than the mark's": {func(l *log) {
			l.lose(13, 21)
			l.add(events.LogSubject, events.LogCreated{ID: "x"})
			l.jobs(20)
			l.accept(25, 30)
		}, "other 11-21"},
		"an older loss than the mark's": {func(l *log) {
			l.lose(13, 21)
			l.add(events.LogSubject, events.LogCreated{ID: "x"})
			l.jobs(20)
			l.accept(1, 12)
		}, "other 11-21"},
		"a mark that knows no hash": {func(l *log) { l.mark.Known, l.mark.Hash, l.mark.First = false, chain.Hash{}, chain.Hash{} }, ""},
		"a mark of nothing":         {func(l *log) { l.mark = mark.Mark{}; l.lose(1, 21) }, ""},
		"two acceptances not finished": {func(l *log) {
			l.add(events.LogSubject, events.SequenceSkipped{To: 23})
			l.jobs(1)
			l.add(events.LogSubject, events.SequenceSkipped{To: 24})
		}, "missing 22-22, missing 24-24"},
		"an acceptance not finished": {func(l *log) {
			l.lose(13, 21)
			l.add(events.LogSubject, events.SequenceSkipped{To: 21})
			l.add(events.LogSubject, events.SequenceSkipped{To: 21})
		}, "missing 13-14, short 15-21"},
	} {
		t.Run(name, func(t *testing.T) {
			l := whole(t)
			c.harm(l)
			r := l.examine(func(a *examine.Examiner) { a.Mark("/var/lib/taurus/api", l.mark) })
			var got []string
			for _, p := range r.Problems {
				got = append(got, string(p.Code)+" "+strings.ReplaceAll(rangeText(p.Range), "..", "-"))
				if p.Message == "" || len(p.Ways) == 0 {
					t.Errorf("%+v tells no way out", p)
				}
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
			if r.Whole != (c.want == "") {
				t.Errorf("whole: %t", r.Whole)
			}
		})
	}
}

func rangeText(r exportfile.Range) string {
	data, _ := json.Marshal(r)
	var v struct{ From, To json.Number }
	_ = json.Unmarshal(data, &v)
	return v.From.String() + "-" + v.To.String()
}

// TestCounts: what a whole log is said to be, so that it can be noted elsewhere.
func TestCounts(t *testing.T) {
	l := whole(t)
	r := l.examine(func(*examine.Examiner) {})
	if r.First != 1 || r.Last != 21 || r.Records != 21 || r.Seals != 1 || r.Unsealed != 11 || r.Unsummed != 0 || r.Rejected.Count != 0 {
		t.Errorf("%+v", r)
	}
	if r.Sealed.Sequence != 10 || r.Sealed.Hash != l.hashAt(10) || r.Head.Sequence != 21 || r.Head.Hash != l.hashAt(21) {
		t.Errorf("sealed %v, head %v", r.Sealed, r.Head)
	}
	l.accept(30, 40)
	if r = l.examine(func(*examine.Examiner) {}); r.Head != nil || len(r.Losses) != 1 || r.Losses[0].By != "ann" || r.Losses[0].Sequence != 22 {
		t.Errorf("%+v", r)
	}
}

// TestPart: of a log that is looked at from the middle on nothing is known before its first
// seal, and everything behind that.
func TestPart(t *testing.T) {
	l := whole(t)
	l.seal() // 22, through 21
	l.jobs(5)
	l.seal() // 28, through 27
	part := func() examine.Report {
		a := examine.New(events.NewSpace(0))
		a.From(15)
		for _, r := range l.records[14:] {
			a.Add(exportfile.Item{Record: r})
		}
		return a.Report()
	}
	if r := part(); !r.Whole || r.Seals != 2 || r.First != 15 || r.Head == nil || r.Head.Hash != l.hashAt(28) {
		t.Errorf("%+v", r)
	}
	l.forge(25)
	if r := part(); r.Whole || r.Problems[0].Code != examine.CodeBroken || r.Problems[0].From != 22 || r.Problems[0].To != 27 {
		t.Errorf("%+v", r.Problems)
	}
}

// TestSealOfTheFuture: it fits nothing, and what is behind it is looked at all the same.
func TestSealOfTheFuture(t *testing.T) {
	l := whole(t)
	sequence, hash, _ := l.chain.Head()
	l.chain = chain.Verifier{} // Nobody folds that on.
	l.add(events.SealSubject, events.LogSealed{Through: 99, Hash: hash.String()})
	l.jobs(2)
	l.add(events.SealSubject, events.LogSealed{Through: sequence + 3, Hash: chain.Hash{5}.String()})
	l.jobs(1)
	r := l.examine(func(*examine.Examiner) {})
	if r.Whole || len(r.Problems) != 1 || r.Problems[0].Code != examine.CodeBroken || r.Seals != 2 || r.Sealed.Sequence != 24 {
		t.Errorf("%+v", r)
	}
}

// TestManyRejected: of many only some are told.
func TestManyRejected(t *testing.T) {
	l := whole(t)
	for n := range 25 {
		l.records = append(l.records, eventlog.Record{Sequence: uint64(22 + n), Time: start, Message: events.Message{Subject: "taurus.ev.1.job.web", Data: []byte("x")}})
	}
	l.add(events.NewSpace(0).Job("web"), events.JobScaled{Run: 1, Version: 1 << 62})
	l.add(events.NewSpace(0).Plan("web"), events.JobDeleted{Run: 1})
	r := l.examine(func(*examine.Examiner) {})
	if !r.Whole || r.Rejected.Count != 27 || len(r.Rejected.First) != 10 {
		t.Errorf("%+v", r.Rejected)
	}
}

// TestAnchors: seals that were noted elsewhere.
func TestAnchors(t *testing.T) {
	l := whole(t)
	right := examine.Anchor{Sequence: 10, Hash: l.hashAt(10)}
	for _, c := range []struct {
		anchor examine.Anchor
		harm   func()
		want   examine.Code
	}{
		{right, func() {}, ""},
		{examine.Anchor{Sequence: 15, Hash: l.hashAt(15)}, func() {}, ""},
		{examine.Anchor{Sequence: 15, Hash: l.hashAt(14)}, func() {}, examine.CodeOther},
		{examine.Anchor{Sequence: 99, Hash: l.hashAt(14)}, func() {}, examine.CodeShort},
		{examine.Anchor{Sequence: 22, Hash: l.hashAt(14)}, func() { l.accept(50, 60) }, examine.CodeUnknown},
		{examine.Anchor{Sequence: 3, Hash: l.hashAt(3)}, func() { l.lose(3, 3); l.accept(3, 3) }, examine.CodeUnknown},
	} {
		c.harm()
		r := l.examine(func(a *examine.Examiner) { a.Expect(c.anchor) })
		code := examine.Code("")
		if len(r.Problems) > 0 {
			code = r.Problems[0].Code
		}
		if code != c.want {
			t.Errorf("%v: %+v, want %q", c.anchor, r.Problems, c.want)
		}
	}
	parsed, err := examine.ParseAnchor(right.String())
	if err != nil || parsed != right {
		t.Errorf("%v, %v", parsed, err)
	}
	for _, bad := range []string{"", "10", "10:", ":" + right.Hash.String(), "x:" + right.Hash.String(), "0:" + right.Hash.String(), "10:12"} {
		if _, err := examine.ParseAnchor(bad); err == nil {
			t.Errorf("%q is an anchor", bad)
		}
	}
}

// TestStrangersRecords: what folds pass over is told, and is no damage.
func TestStrangersRecords(t *testing.T) {
	l := whole(t)
	l.records = append(l.records, eventlog.Record{
		Sequence: 22, Time: start, Message: events.Message{Subject: "taurus.ev.1.job.web", Data: []byte("x")},
	})
	r := l.examine(func(*examine.Examiner) {})
	if !r.Whole || r.Rejected.Count != 1 || r.Rejected.First[0].Sequence != 22 || r.Unsummed != 1 {
		t.Errorf("%+v", r)
	}
}

// TestNewerRecords: a record of a major version that this program does not know stops every
// fold, and all of them are left out of an export at once. One without a checksum is of no
// program of taurus', and rejected.
func TestNewerRecords(t *testing.T) {
	l := whole(t)
	for _, unsummed := range []bool{true, false, false} {
		l.add(events.NewSpace(0).Job("web"), events.JobDeleted{Run: 1})
		m := &l.records[len(l.records)-1].Message
		m.Header[events.HeaderType] = "taurus.job.deleted.v9"
		delete(m.Header, events.HeaderSum)
		if !unsummed {
			sum := events.Sum(*m)
			m.Header[events.HeaderSum] = base64.RawURLEncoding.EncodeToString(sum[:12])
		}
		last := l.records[len(l.records)-1]
		if _, err := cluster.Decode(events.NewSpace(0), last.Sequence, last.Time, last.Message); errors.Is(err, events.ErrUnknownMajor) == unsummed {
			t.Fatalf("unsummed %t: a fold says %v", unsummed, err)
		}
	}
	r := l.examine(func(*examine.Examiner) {})
	if r.Whole || r.Rejected.Count != 1 || len(r.Problems) != 2 || r.Unsummed != 1 {
		t.Fatalf("%+v", r)
	}
	for i, p := range r.Problems {
		if p.Code != examine.CodeNewer || p.From != uint64(23+i) || !strings.Contains(strings.Join(p.Ways, "\n"), "`taurus log restore FILE --without 23,24`") {
			t.Errorf("%+v", p)
		}
	}
}

// TestManyRejections are counted, and the first of them told.
func TestManyRejections(t *testing.T) {
	l := whole(t)
	for n := range uint64(1000) {
		l.records = append(l.records, eventlog.Record{Sequence: 22 + n, Time: start, Message: events.Message{Subject: "orders.new"}})
	}
	r := l.examine(func(*examine.Examiner) {})
	if r.Rejected.Count != 1000 || len(r.Rejected.First) == 0 || len(r.Rejected.First) > 100 || r.Rejected.First[0].Sequence != 22 {
		t.Errorf("%d are rejected, %d told", r.Rejected.Count, len(r.Rejected.First))
	}
}

// TestWhatSealsNothing: a seal that stands elsewhere, one that the fold rejects, and an
// acceptance that stands elsewhere.
func TestWhatSealsNothing(t *testing.T) {
	wrong := events.LogSealed{Through: 15, Hash: chain.Hash{1}.String()}
	for name, harm := range map[string]func(l *log){
		"a seal elsewhere":        func(l *log) { l.add(events.LogSubject, wrong) },
		"a seal among jobs":       func(l *log) { l.add(events.NewSpace(0).Job("web"), wrong) },
		"an acceptance elsewhere": func(l *log) { l.add(events.SealSubject, events.LossAccepted{From: 1, To: 21, Reason: "x"}) },
		"a seal that is rejected": func(l *log) {
			m, err := events.Encode(events.SealSubject, events.Envelope{ID: "e", Source: "a\nb", Time: start}, wrong)
			if err != nil {
				l.t.Fatal(err)
			}
			l.records = append(l.records, eventlog.Record{Sequence: 22, Time: start, Message: m})
		},
	} {
		l := whole(t)
		harm(l)
		if r := l.examine(func(*examine.Examiner) {}); !r.Whole || r.Seals != 1 || len(r.Losses) != 0 || r.Rejected.Count != 1 || r.Head == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestWhatWasAcceptedBefore the mark was made excuses nothing that is lost after it.
func TestWhatWasAcceptedBefore(t *testing.T) {
	l := whole(t)
	l.lose(13, 21)
	l.accept(13, 21)
	l.jobs(5)
	known := events.Sum(l.records[12].Message)
	for loss, want := range map[[32]byte]bool{known: false, {}: true} {
		r := l.examine(func(a *examine.Examiner) { a.Mark("/state", mark.Mark{Sequence: 20, Time: start, Loss: loss}) })
		if r.Whole != want {
			t.Errorf("the mark knows of the acceptance %v: %+v", loss == known, r.Problems)
		}
	}
}
