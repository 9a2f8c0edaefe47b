package auditing_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/auditing"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

func now() time.Time { return time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC) }

var ann = access.Principal{Name: "ann", By: access.BearerToken, TokenID: "0a1b"}

func TestWhatIsRecorded(t *testing.T) {
	t.Parallel()
	const path = "/v2/jobs/:id"
	for _, c := range []struct {
		what    string
		answer  auditing.Answer
		subject string
		outcome string
	}{
		{"a write", auditing.Answer{Method: "POST", Route: path, Right: access.Stop, Status: 200}, events.AuditDone, auditing.Done},
		{"a write of the original's", auditing.Answer{Method: "DELETE", Route: "/job/:id", Right: access.Stop, Status: 204}, events.AuditDone, auditing.Done},
		{"a write that failed", auditing.Answer{Method: "PUT", Route: path, Right: access.Update, Status: 409}, events.AuditRefused, auditing.Failed},
		{"a write that nobody knows the end of", auditing.Answer{Method: "PUT", Route: path, Right: access.Update, Status: 503}, events.AuditRefused, auditing.Failed},
		{"a write that was refused", auditing.Answer{Method: "PUT", Route: path, Right: access.Update, Status: 403, Denied: true}, events.AuditRefused, auditing.Refused},
		{"a read that was refused", auditing.Answer{Method: "GET", Route: path, Right: access.Read, Status: 404, Denied: true}, events.AuditRefused, auditing.Refused},
		{"who is nobody", auditing.Answer{Method: "GET", Status: 401, Denied: true}, events.AuditRefused, auditing.Refused},
		{"a read", auditing.Answer{Method: "GET", Route: path, Right: access.Read, Status: 200}, "", ""},
		{"a look back", auditing.Answer{Method: "GET", Route: path, Right: access.History, Status: 200}, "", ""},
		{"a read that failed", auditing.Answer{Method: "GET", Route: path, Right: access.Logs, Status: 404}, "", ""},
		{"a trial", auditing.Answer{Method: "PUT", Route: path, Right: access.Update, Status: 200, Trial: true}, "", ""},
		{"what would be if", auditing.Answer{Method: "POST", Route: "/v2/whatif", Right: access.Explain, Status: 200}, "", ""},
		{"what tasks write", auditing.Answer{Method: "GET", Route: path, Right: access.Logs, Status: 200}, events.AuditLooked, auditing.Done},
		{"tokens", auditing.Answer{Method: "GET", Route: "/v2/tokens", Right: access.Admin, Status: 200}, events.AuditLooked, auditing.Done},
		{"a token that is made", auditing.Answer{Method: "POST", Route: "/v2/tokens", Right: access.Admin, Status: 201}, events.AuditDone, auditing.Done},
		{"the audit", auditing.Answer{Method: "GET", Route: "/v2/audit", Right: access.Audit, Status: 200}, events.AuditLooked, auditing.Done},
		{"no such path", auditing.Answer{Method: "POST", Status: 404}, "", ""},
	} {
		c.answer.At = now()
		rec, ok := new(auditing.Recorder).Take(c.answer)
		if ok != (c.subject != "") || rec.Subject != c.subject || rec.Event.Outcome != c.outcome {
			t.Errorf("%s: %t, %+v", c.what, ok, rec)
		}
	}
}

func TestAllIsTold(t *testing.T) {
	t.Parallel()
	a := auditing.Answer{
		At: now(), Principal: ann, OnBehalfOf: "bob", Address: "10.0.0.7", Method: "POST", Route: "/v2/jobs/:id/stop", Right: access.Stop, Job: "web",
		Denied: true, Status: 403, Reason: "forbidden", Sequence: 7, RequestID: "r1",
	}
	want := events.RequestAnswered{
		Principal: "ann", By: "token", Credential: "0a1b", OnBehalfOf: "bob", Address: "10.0.0.7", Method: "POST", Route: "/v2/jobs/:id/stop",
		Right: "stop", Job: "web", Outcome: "refused", Status: 403, Reason: "forbidden", Sequence: 7, RequestID: "r1",
	}
	if rec, _ := new(auditing.Recorder).Take(a); fmt.Sprint(rec.Event) != fmt.Sprint(want) || !rec.At.Equal(now()) {
		t.Errorf("%+v", rec)
	}
}

func TestWordsAreBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := refused(now(), rapid.OneOf(rapid.String(), rapid.StringN(0, 400, 2000)).Draw(t, "job"))
		a.Principal.Name = string(rapid.SliceOf(rapid.Byte()).Draw(t, "name"))
		rec, ok := new(auditing.Recorder).Take(a)
		for _, word := range []string{rec.Event.Job, rec.Event.Principal} {
			if !ok || len(word) > 200 || !utf8.ValidString(word) || strings.ContainsAny(word, "\x00\n\u200b\u202e") {
				t.Fatalf("%q", word)
			}
		}
		env := events.Envelope{ID: "i", Source: "s", Time: now(), Actor: rec.Event.Principal}
		m, err := events.Encode(rec.Subject, env, rec.Event)
		if err != nil {
			t.Fatal(err)
		}
		if why := cluster.Misfit(events.NewSpace(0), m.Subject, rec.Event, now()); why != "" {
			t.Fatal(why)
		}
		if _, _, err := events.Decode(m); err != nil {
			t.Fatal(err)
		}
	})
}

func refused(at time.Time, job string) auditing.Answer {
	return auditing.Answer{
		At: at, Principal: ann, Method: "POST", Route: "/v2/jobs/:id/stop", Right: access.Stop, Job: job, Denied: true, Status: 403,
	}
}

func TestRefusalsAreJoined(t *testing.T) {
	t.Parallel()
	var r auditing.Recorder
	take := func(after time.Duration, job string, want bool) {
		t.Helper()
		if rec, ok := r.Take(refused(now().Add(after), job)); ok != want {
			t.Errorf("%v %s: %t, %+v", after, job, ok, rec)
		}
	}
	due := func(after time.Duration, want ...uint32) {
		t.Helper()
		var got []uint32
		for _, rec := range r.Due(now().Add(after)) {
			got = append(got, rec.Event.Count)
		}
		if !slices.Equal(got, want) {
			t.Errorf("due after %v: %v, want %v", after, got, want)
		}
	}
	take(0, "web", true)
	take(1*time.Second, "web", false)
	take(2*time.Second, "web", false)
	take(3*time.Second, "db", true)
	due(59 * time.Second)
	due(60*time.Second, 2)
	take(61*time.Second, "web", false) // Again a minute, from the record on.
	due(119 * time.Second)
	due(120*time.Second, 0) // One alone has no count.
	due(180 * time.Second)
	take(181*time.Second, "web", true) // A minute without one: it is news.
	take(182*time.Second, "web", false)
	if rest := r.Rest(now().Add(183 * time.Second)); len(rest) != 1 || rest[0].Event.Job != "web" {
		t.Errorf("the rest is %+v", rest)
	}
}

// TestManyAreToldTogether: whoever asks for ever other things fills nothing.
func TestManyAreToldTogether(t *testing.T) {
	t.Parallel()
	var r auditing.Recorder
	records := 0
	take := func(a auditing.Answer) (last auditing.Record) {
		rec, ok := r.Take(a)
		if ok {
			records++
		}
		return rec
	}
	for i := range 10_000 {
		take(refused(now(), fmt.Sprint(i)))
	}
	if records != auditing.EachMax+1 {
		t.Errorf("%d records of one who asks", records)
	}
	records = 0
	for i := range 10_000 {
		a := refused(now(), "web")
		a.Principal, a.Address = access.Principal{By: access.Anonymous}, fmt.Sprint(i)
		take(a)
	}
	if records != auditing.StrangersMax+1 {
		t.Errorf("%d records of strangers", records)
	}
	records = 0
	for i := range 10_000 {
		a := refused(now(), "web")
		a.Principal.Name = fmt.Sprint(i)
		take(a)
	}
	if most := auditing.KindsMax; records > most+1 || records < most-auditing.EachMax-1 {
		t.Errorf("%d records of many who ask", records)
	}
	var told int
	for _, rec := range r.Due(now().Add(auditing.JoinedFor)) {
		if told += int(rec.Event.Count); !rec.Event.Others || rec.Event.Job != "" || rec.Event.Route != "" {
			t.Errorf("told together is %+v", rec.Event)
		}
		if rec.Event.Principal != "" && rec.Event.Principal != "ann" {
			t.Errorf("several are told as %s", rec.Event.Principal)
		}
	}
	if want := 30_000 - (auditing.EachMax + 1) - (auditing.StrangersMax + 1) - records; told != want {
		t.Errorf("%d are told together, want %d", told, want)
	}
}

// TestNothingIsLost: the counts of all records come to what was refused, no kind has two
// records within a minute, and what is done is each recorded.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r auditing.Recorder
		at, asked, told, done := now(), 0, 0, 0
		last := map[string]time.Time{}
		tell := func(rec auditing.Record, when time.Time) {
			if rec.Subject == events.AuditDone {
				return
			}
			told += int(max(rec.Event.Count, 1))
			ev := rec.Event
			key := fmt.Sprint(ev.Principal, ev.Address, ev.Job, ev.Others, rec.Subject)
			if before, known := last[key]; known && when.Sub(before) < auditing.JoinedFor {
				t.Fatalf("%s is told %v after it was", key, when.Sub(before))
			}
			last[key] = when
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "pause")) * time.Second)
			for _, rec := range r.Due(at) {
				tell(rec, at)
			}
			a := refused(at, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "job"))
			a.Principal.Name = rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "who")
			if rapid.Bool().Draw(t, "done") {
				a.Denied, a.Status = false, 200
				if _, ok := r.Take(a); !ok {
					t.Fatal("what was done is not recorded")
				}
				done++
				continue
			}
			asked++
			if rec, ok := r.Take(a); ok {
				tell(rec, at)
			}
		}
		for _, rec := range r.Rest(at) {
			told += int(max(rec.Event.Count, 1))
		}
		if told != asked {
			t.Fatalf("%d are told of %d", told, asked)
		}
	})
}

func TestUses(t *testing.T) {
	t.Parallel()
	var u auditing.Uses
	if !u.Use("a", now()) || u.Use("a", now().Add(auditing.UseEvery-1)) || !u.Use("a", now().Add(auditing.UseEvery)) || !u.Use("b", now()) {
		t.Error("once an hour is not once an hour")
	}
	u.Learn("a", now()) // Of another api, and old.
	if got := u.Last("a"); !got.Equal(now().Add(auditing.UseEvery)) {
		t.Errorf("last %v", got)
	}
	for i := range auditing.UsesMax + 1 {
		u.Learn(fmt.Sprint(i), now().Add(time.Hour+time.Duration(i)*time.Second))
	}
	if !u.Last("b").IsZero() || u.Last(fmt.Sprint(auditing.UsesMax)).IsZero() {
		t.Error("the oldest are not those forgotten")
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	ev := events.RequestAnswered{Principal: "ann", OnBehalfOf: "bob", Job: "shop/web", Outcome: auditing.Refused}
	for f, want := range map[auditing.Filter]bool{
		{}:                                true,
		{Actor: "ann"}:                    true,
		{Actor: "bob"}:                    true,
		{Actor: "an"}:                     false,
		{Job: "shop/web"}:                 true,
		{Job: "shop/*"}:                   true,
		{Job: "shop"}:                     false,
		{Outcome: auditing.Done}:          false,
		{Outcome: auditing.Refused}:       true,
		{Since: now()}:                    true,
		{Until: now()}:                    true,
		{Since: now().Add(1)}:             false,
		{Until: now().Add(-1)}:            false,
		{Actor: "ann", Job: "shop/other"}: false,
	} {
		if got := f.Matches(now(), ev); got != want {
			t.Errorf("%+v: %t", f, got)
		}
	}
	if (auditing.Filter{Job: "*"}).Matches(now(), events.RequestAnswered{}) {
		t.Error("what is about no job is of all jobs")
	}
	if got := slices.Sorted(slices.Values(auditing.Outcomes())); !slices.Equal(got, slices.Sorted(maps.Keys(map[string]bool{"done": true, "failed": true, "refused": true}))) {
		t.Error(got)
	}
}
