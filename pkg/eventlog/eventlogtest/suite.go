package eventlogtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// patience bounds every wait of the suite; nothing is timed otherwise.
const patience = 2 * time.Minute

// Harness is an empty log, and what can be done to it. What ends with the test
// is up to the function that made it.
type Harness struct {
	// Log is one handle on the log.
	Log eventlog.Log
	// Another returns another handle on the same log, as another process has
	// it; it may be the same one for a log within a process.
	Another func(t testing.TB) eventlog.Log

	// The following may be nil where a log cannot do it; the tests that need
	// them are left out then.

	// LoseAnswers returns a handle on the same log whose appends are stored
	// but never answered, until restore is called.
	LoseAnswers func(t testing.TB) (l eventlog.Log, restore func())
	// Forget lets every record stored so far age out.
	Forget func(t testing.TB)
	// Damage takes away every record that is not the last of its subject.
	Damage func(t testing.TB)
	// Restart crashes the store and starts it again.
	Restart func(t testing.TB)
	// Full returns an empty log that takes less than 64 KiB.
	Full func(t testing.TB) eventlog.Log
}

// Run tests the logs that newHarness returns, a new one for each test.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Helper()
	runAll(t, newHarness, []namedTest{
		{"AppendFacts", testAppendFacts, nil},
		{"AppendDecision", testAppendDecision, nil},
		{"AppendBatch", testAppendBatch, nil},
		{"AppendMixedBatch", testAppendMixedBatch, nil},
		{"BatchWithARefusedMemberStoresNothing", testRefusedMember, nil},
		{"OnlyTheFirstOfASubjectMayExpect", testExpectTwice, nil},
		{"LimitsAreNamed", testLimits, nil},
		{"InvalidEntriesAreRefused", testInvalid, nil},
		{"MoreFactsThanABatchHolds", testManyFacts, nil},
		{"FactsOfOneSubjectKeepTheirOrder", testFactOrder, nil},
		{"EqualExpectationsHaveOneWinner", testOneWinner, nil},
		{"EqualBatchExpectationsHaveOneWinner", testOneBatchWinner, nil},
		{"SeveralInFlightOnOneSubject", testInFlight, nil},
		{"AppendAfterCancel", testAppendCancelled, nil},
		{"MessagesRoundTrip", testRoundTrip, nil},
		{"LargeMessages", testLarge, nil},
		{"WrittenDataIsCopied", testCopied, nil},
		{"UnknownOutcomeIsResolvedByTheFollower", testUnknownOutcome, func(h Harness) bool { return h.LoseAnswers != nil }},
		{"TruncatedStart", testTruncated, func(h Harness) bool { return h.Forget != nil }},
		{"AgedOutSubjectForgetsItsSequence", testAgedOut, func(h Harness) bool { return h.Forget != nil }},
		{"GapIsFound", testGap, func(h Harness) bool { return h.Damage != nil }},
		{"FullRefuses", testFull, func(h Harness) bool { return h.Full != nil }},
	})
	RunReads(t, newHarness)
	RunCrash(t, newHarness)
}

// RunReads is the part of Run that reads, and appends to do so on new subjects alone: for
// a log that forgets what it knows of subjects, and reads from elsewhere what it no longer
// keeps.
func RunReads(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Helper()
	runAll(t, newHarness, []namedTest{
		{"ReadRange", testReadRange, nil},
		{"ReadFollows", testReadFollows, nil},
		{"ReadWaitsForItsEnd", testReadWaits, nil},
		{"ReadStopsAtCancel", testReadCancel, nil},
		{"ReadMayBeLeft", testReadLeft, nil},
		{"ManyReaders", testManyReaders, nil},
		{"Bounds", testBounds, nil},
		{"SequenceAt", testSequenceAt, nil},
		{"Close", testClose, nil},
		{"FollowerReadsYourWrites", testFollower, nil},
		{"FollowerTakesUpAfterAFailure", testFollowerResumes, nil},
	})
}

// RunCrash is the part of Run that needs Harness.Restart, for a store that can
// be crashed in another way than the one it is tested with otherwise.
func RunCrash(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Helper()
	runAll(t, newHarness, []namedTest{
		{"RestartKeepsAll", testRestart, func(h Harness) bool { return h.Restart != nil }},
		{"RestartUnderLoadLosesAndDoublesNothing", testRestartUnderLoad, func(h Harness) bool { return h.Restart != nil }},
	})
}

type namedTest struct {
	name string
	run  func(*testing.T, Harness)
	// possible reports whether a harness can do what the test needs; nil if it
	// needs nothing.
	possible func(Harness) bool
}

func runAll(t *testing.T, newHarness func(t *testing.T) Harness, tests []namedTest) {
	t.Helper()
	var has Harness
	t.Run("NewLogIsEmpty", func(t *testing.T) {
		has = newHarness(t)
		wantData(t, has.Log)
	})
	for _, test := range tests {
		if test.possible == nil || test.possible(has) {
			t.Run(test.name, func(t *testing.T) { test.run(t, newHarness(t)) })
		}
	}
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)

	return ctx
}

func message(subject, data string) eventlog.Message {
	return eventlog.Message{Subject: "taurus.ev.0." + subject, Data: []byte(data)}
}

func appendOne(t testing.TB, l eventlog.Log, entries ...eventlog.Entry) eventlog.Receipt {
	t.Helper()
	receipt, err := l.Append(within(t), entries...)
	if err != nil {
		t.Fatalf("append: %v", err)
	}

	return receipt
}

// fill appends n decisions, each on a subject of its own, one by one.
func fill(t testing.TB, l eventlog.Log, prefix string, n int) {
	t.Helper()
	for i := range n {
		appendOne(t, l, eventlog.Decision(message(fmt.Sprintf("%s.%d", prefix, i), fmt.Sprint(i)), 0))
	}
}

// read returns the records from..to.
func read(t testing.TB, l eventlog.Log, from, to uint64) []eventlog.Record {
	t.Helper()
	ctx := within(t)
	var records []eventlog.Record
	for next := from; ; {
		err := error(nil)
		for rec, readErr := range l.Read(ctx, next, to) {
			if err = readErr; err == nil {
				records, next = append(records, rec), rec.Sequence+1
			}
		}
		switch {
		case err == nil:
			return records
		case !again(ctx, err):
			t.Fatalf("read %d..%d: after %d records: %v", from, to, len(records), err)
		}
	}
}

// again reports whether a question is to be asked again, as a service does: a log that
// lost its leader may need longer to elect another than one call has patience.
func again(ctx context.Context, err error) bool {
	return errors.Is(err, eventlog.ErrUnavailable) && ctx.Err() == nil
}

// all returns every record of a log that keeps some, and checks their order.
func all(t testing.TB, l eventlog.Log) []eventlog.Record {
	t.Helper()
	b := bounds(t, l)
	if b.First > b.Last {
		return nil
	}
	records := read(t, l, b.First, b.Last)
	for i, rec := range records {
		if rec.Sequence != b.First+uint64(i) {
			t.Fatalf("record %d has sequence %d, want %d", i, rec.Sequence, b.First+uint64(i))
		}
		if rec.Time.IsZero() || rec.Time.Location() != time.UTC {
			t.Fatalf("sequence %d has the time %v, want one in UTC", rec.Sequence, rec.Time)
		}
	}

	return records
}

func bounds(t testing.TB, l eventlog.Log) eventlog.Bounds {
	t.Helper()
	ctx := within(t)
	b, err := l.Bounds(ctx)
	for again(ctx, err) {
		b, err = l.Bounds(ctx)
	}
	if err != nil {
		t.Fatalf("bounds: %v", err)
	}

	return b
}

func failsWith(t testing.TB, l eventlog.Log, want error, entries ...eventlog.Entry) {
	t.Helper()
	_ = refusal(t, l, want, entries...) // Checked there.
}

// refusal is the error of an append that must fail with want.
func refusal(t testing.TB, l eventlog.Log, want error, entries ...eventlog.Entry) error {
	t.Helper()
	_, err := l.Append(within(t), entries...)
	wantError(t, err, want)

	return err
}
