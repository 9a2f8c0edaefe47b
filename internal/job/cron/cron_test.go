package cron_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job/cron"
)

func parse(t testing.TB, zone string, lines ...string) *cron.Schedule {
	t.Helper()
	s, err := cron.Parse(lines, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return instant.UTC()
}

// TestClocksThatArePut: what is due on the days on which a zone puts its clocks.
func TestClocksThatArePut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, lines, after, before string
		want                             []string // in UTC
	}{
		{"UTC knows no change", "UTC", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", []string{"2026-03-29T02:30:00Z", "2026-03-30T02:30:00Z"}},
		{"no zone is UTC", "", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", []string{"2026-03-29T02:30:00Z"}},
		// Berlin, 29 March 2026: 02:00 to 03:00 does not exist; 25 October: it exists twice.
		{"02:30 in spring is due at 03:00", "Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"02:00 in spring, too", "Europe/Berlin", "0 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", []string{"2026-03-29T01:00:00Z"}},
		{"03:00 in spring is itself", "Europe/Berlin", "0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", []string{"2026-03-29T01:00:00Z"}},
		{"all that was passed over is due once", "Europe/Berlin", "*/10 2,3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:15:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-29T01:10:00Z"}},
		{"every hour in spring goes on", "Europe/Berlin", "30 * * * *", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", []string{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}},
		{"every two hours in spring", "Europe/Berlin", "0 */2 * * *", "2026-03-28T23:30:00Z", "2026-03-29T02:30:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}},
		{"02:30 in autumn is due the first time", "Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"asked in the second 02:xx", "Europe/Berlin", "30 2 * * *", "2026-10-25T01:10:00Z", "2026-10-26T12:00:00Z", []string{"2026-10-26T01:30:00Z"}},
		{"asked when the clock is put", "Europe/Berlin", "0 2 * * *", "2026-10-25T00:59:59Z", "2026-10-26T12:00:00Z", []string{"2026-10-26T01:00:00Z"}},
		{"03:00 in autumn is once", "Europe/Berlin", "0 3 * * *", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", []string{"2026-10-25T02:00:00Z"}},
		{"every hour in autumn goes on", "Europe/Berlin", "30 * * * *", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"}},
		{"seconds", "Europe/Berlin", "15 30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", []string{"2026-10-25T00:30:15Z"}},
		{"New York", "America/New_York", "30 2 * * *", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z", []string{"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
		{"New York in autumn", "America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z", []string{"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
		// Lord Howe Island, half an hour: 4 October 2026, 02:00 to 02:30; back on 5 April, 02:00 to 01:30.
		{"Lord Howe in spring", "Australia/Lord_Howe", "15 2 * * *", "2026-10-02T20:00:00Z", "2026-10-04T20:00:00Z", []string{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
		{"Lord Howe, 02:30 is itself", "Australia/Lord_Howe", "30 2 * * *", "2026-10-02T20:00:00Z", "2026-10-03T20:00:00Z", []string{"2026-10-03T15:30:00Z"}},
		{"Lord Howe in autumn", "Australia/Lord_Howe", "45 1 * * *", "2026-04-03T20:00:00Z", "2026-04-05T20:00:00Z", []string{"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
		{"Lord Howe, every quarter", "Australia/Lord_Howe", "*/15 * * * *", "2026-04-04T14:29:00Z", "2026-04-04T15:20:00Z", []string{
			"2026-04-04T14:30:00Z", "2026-04-04T14:45:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:15:00Z",
		}},
		// Samoa went without 30 December 2011.
		{"a day that there is not", "Pacific/Apia", "30 2 * * *", "2011-12-29T00:00:00Z", "2011-12-31T20:00:00Z", []string{
			"2011-12-29T12:30:00Z", "2011-12-30T10:00:00Z", "2011-12-30T12:30:00Z", "2011-12-31T12:30:00Z",
		}},
		{"on the 30th only", "Pacific/Apia", "30 2 30 12 *", "2011-12-01T00:00:00Z", "2012-01-01T00:00:00Z", []string{"2011-12-30T10:00:00Z"}},
		{"every hour of that day", "Pacific/Apia", "0 * 30 12 *", "2011-12-01T00:00:00Z", "2012-01-01T00:00:00Z", nil},
		// Midnight that there is not, and one that there is twice.
		{"Sao Paulo without midnight", "America/Sao_Paulo", "@daily", "2018-11-03T12:00:00Z", "2018-11-05T12:00:00Z", []string{"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
		{"Sao Paulo with 23:30 twice", "America/Sao_Paulo", "30 23 * * *", "2018-02-16T12:00:00Z", "2018-02-18T12:00:00Z", []string{"2018-02-17T01:30:00Z", "2018-02-18T01:30:00Z"}},
		{"no change for ever", "Asia/Kolkata", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", []string{"2026-03-28T21:00:00Z"}},
		{"far ahead", "Europe/Berlin", "30 2 * * *", "2090-03-25T12:00:00Z", "2090-03-27T12:00:00Z", []string{"2090-03-26T01:00:00Z", "2090-03-27T00:30:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := parse(t, c.zone, c.lines)
			var got []string
			for due := s.Next(at(t, c.after)); !due.IsZero() && due.Before(at(t, c.before)); due = s.Next(due) {
				got = append(got, due.Format(time.RFC3339))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("due at %v, want %v", got, c.want)
			}
		})
	}
}

// TestUnion: several lines are one schedule, and what two name is due once.
func TestUnion(t *testing.T) {
	t.Parallel()
	s := parse(t, "UTC", "0 12 * * *", "0 */6 * * *", "30 12 * * MON")
	var got []string
	for due := at(t, "2026-11-29T01:00:00Z"); len(got) < 7; {
		due = s.Next(due)
		got = append(got, due.Format("Mon 15:04"))
	}
	if want := "[Sun 06:00 Sun 12:00 Sun 18:00 Mon 00:00 Mon 06:00 Mon 12:00 Mon 12:30]"; fmt.Sprint(got) != want {
		t.Errorf("due %v, want %v", got, want)
	}
}

// TestLines that cron knows, and what they mean.
func TestLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"@hourly": "2026-11-29T11:00:00Z", "@daily": "2026-11-30T00:00:00Z", "@weekly": "2026-12-06T00:00:00Z",
		"@monthly": "2026-12-01T00:00:00Z", "@yearly": "2027-01-01T00:00:00Z",
		"*/15 * * * *": "2026-11-29T10:15:00Z", "5 4 * * sun": "2026-12-06T04:05:00Z", "5 4 * * 7": "2026-12-06T04:05:00Z",
		"0 22 * * 1-5": "2026-11-30T22:00:00Z", "0 0 1,15 * 3": "2026-12-01T00:00:00Z", "0 0 L * *": "2026-11-30T00:00:00Z",
		"0 0 * * MON#1": "2026-12-07T00:00:00Z", "0 0 29 2 *": "2028-02-29T00:00:00Z", " 0  12 * * * ": "2026-11-29T12:00:00Z",
		"*/20 * * * * *": "2026-11-29T10:00:20Z", "0 22-2 * * *": "2026-11-29T22:00:00Z",
	} {
		if got := parse(t, "UTC", text).Next(at(t, "2026-11-29T10:00:00Z")).Format(time.RFC3339); got != want {
			t.Errorf("%q is next due at %s, want %s", text, got, want)
		}
	}
	leap := parse(t, "UTC", "0 0 29 2 *").Next(at(t, "2096-03-01T00:00:00Z"))
	if leap.Format(time.DateOnly) != "2104-02-29" {
		t.Errorf("the leap day after 2096 is %s", leap)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		"": "is empty", "* * * *": "it has 4 fields; give minute, hour", "60 * * * *": "60", "* * * * * * *": "it has 7 fields",
		"@every 1h": "counts from nowhere", "@reboot": "no line of cron", "0 0 30 2 *": "never due", "TZ=UTC 0 0 * * *": "give time_zone instead",
		"a b c d e": "no line of cron", strings.Repeat("1,", 200) + "1 * * * *": "make it at most 256",
	} {
		if err := cron.Check(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", text, err, why)
		}
	}
	for zone, why := range map[string]string{
		"Europe/Berln": `did you mean "Europe/Berlin"?`, "europe/berlin": `did you mean "Europe/Berlin"?`, "Local": "no time zone",
		"../etc/passwd": "no time zone", "Mars/Olympus_Mons": "give a name such as", "Europe/": "no time zone",
	} {
		if _, err := cron.Zone(zone); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", zone, err, why)
		}
	}
}

// zones are ones that put their clocks in all manner of ways.
var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca",
	"Asia/Kathmandu", "Pacific/Chatham", "Antarctica/Troll", "Asia/Pyongyang", "Africa/Monrovia", "America/Caracas",
}

// TestAgainstTheWall holds Next against a clock that is looked at every minute:
// whatever the zone does, a time of the wall that comes is due, what runs every
// hour runs whenever the wall says so, and nothing is due twice.
func TestAgainstTheWall(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		where, err := cron.Zone(zone)
		if err != nil {
			t.Fatal(err)
		}
		minute, hour := rapid.SampledFrom([]int{0, 15, 30, 45}).Draw(t, "minute"), rapid.IntRange(-1, 23).Draw(t, "hour")
		text := fmt.Sprintf("%d %d * * *", minute, hour)
		if hour < 0 {
			text = fmt.Sprintf("%d * * * *", minute)
		}
		s, err := cron.Parse([]string{text}, zone)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(rapid.IntRange(1973, 2030).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24).Draw(t, "hours")) * time.Hour)
		until := from.AddDate(0, 0, 8)
		got := map[time.Time]bool{}
		for due := s.Next(from); due.Before(until); due = s.Next(due) {
			if got[due] || !due.After(from) {
				t.Fatalf("%s is due twice, or before %s", due, from)
			}
			got[due] = true
		}
		seen := map[string]bool{} // times of the wall
		for instant := from.Add(-24 * time.Hour); instant.Before(until); instant = instant.Add(time.Minute) {
			wall := instant.In(where)
			_, offset := wall.Zone()
			_, before := instant.Add(-time.Minute).In(where).Zone()
			shown := wall.Format("2006-01-02 15:04")
			want := wall.Minute() == minute && (hour < 0 || wall.Hour() == hour && !seen[shown])
			if hour >= 0 && offset > before { // The clock is put forward: what it passes over is due now.
				for passed := instant.Add(time.Duration(before) * time.Second); passed.Before(instant.Add(time.Duration(offset) * time.Second)); passed = passed.Add(time.Minute) {
					want = want || passed.UTC().Minute() == minute && passed.UTC().Hour() == hour
				}
			}
			seen[shown] = true
			if instant.After(from) && want != got[instant] {
				t.Fatalf("%q in %s at %s (%s): due %v, want %v", text, zone, instant, wall, got[instant], want)
			}
		}
	})
}

// TestEveryZone of the database can be read, and is due once a day or nearly.
func TestEveryZone(t *testing.T) {
	t.Parallel()
	names := cron.ZoneNames()
	if len(names) < 500 {
		t.Fatalf("%d zones", len(names))
	}
	for _, name := range names {
		s := parse(t, name, "30 2 * * *")
		n := 0
		for due := s.Next(at(t, "2026-01-01T00:00:00Z")); due.Before(at(t, "2027-01-01T00:00:00Z")); due = s.Next(due) {
			n++
		}
		if n != 365 {
			t.Errorf("%s: due %d times in a year", name, n)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, text := range []string{"30 2 * * *", "*/5 * * * * *", "@daily", "0 0 L * *", "0 0 * * FRI#2", "0 22-2 1-7/2 JAN-MAR ?", "@every 1s", "0 0 15W * *"} {
		f.Add(text)
	}
	berlin := "Europe/Berlin"
	f.Fuzz(func(t *testing.T, text string) {
		s, err := cron.Parse([]string{text}, berlin)
		if err != nil {
			return
		}
		for due, n := at(t, "2026-03-28T00:00:00Z"), 0; n < 20; n++ {
			next := s.Next(due)
			if !next.After(due) {
				t.Fatalf("%q: %s follows %s", text, next, due)
			}
			if next.Nanosecond() != 0 || next.Location() != time.UTC {
				t.Fatalf("%q: due at %s", text, next)
			}
			due = next
		}
	})
}

func BenchmarkNext(b *testing.B) {
	s := parse(b, "Europe/Berlin", "* * * * *")
	due := at(b, "2026-03-28T00:00:00Z")
	for b.Loop() {
		due = s.Next(due)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		parse(b, "Europe/Berlin", "30 2 * * *")
	}
}
