package fold_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// TestPages: each error that ends a fold says what is lost and names a page of
// docs/operating.md that is there, and that names the commands that the error does.
func TestPages(t *testing.T) {
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	page := func(name string) (string, bool) {
		_, rest, found := strings.Cut(string(text), "\n### "+name+"\n")
		body, _, _ := strings.Cut(rest, "\n### ")
		return body, found
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	gap := &eventlog.GapError{Want: 5, Got: 8}
	for name, c := range map[string]struct {
		err  error
		says []string
	}{
		"short":    {&fold.ShortError{Folded: 80, FoldedAt: at, Last: 45, LastAt: at}, []string{"80 (of 2026-03-01T12:00:00Z)", "ends at 45 (of", "46..80 are missing", "--from 46 --to 80"}},
		"one less": {&fold.ShortError{Folded: 80, Last: 79}, []string{"80 is missing", "--from 80 --to 80"}},
		"empty":    {&fold.ShortError{Folded: 80}, []string{"it is empty now", "--from 1 --to 80"}},
		"other":    {&fold.OtherError{Mark: mark.Mark{Sequence: 80, Time: at}, Good: 40}, []string{"41..80 was changed", "--from 41 --to 80"}},
		"foreign":  {&fold.OtherError{Mark: mark.Mark{Sequence: 80}, Foreign: true}, []string{"even its first record", "--stream", "--state-dir"}},
		"replaced": {&fold.ReplacedError{Sequence: 80, FoldedAt: at, Good: 40, Err: &eventlog.ChangedError{Sequence: 80}}, []string{"at sequence 80", "--from 41 --to 80"}},
		"hole":     {&fold.HoleError{From: 5, To: 7, Before: at, Err: gap}, []string{"5..7 are missing", "of 2026-03-01T12:00:00Z", "--from 5 --to 7"}},
	} {
		said := c.err.Error()
		for _, want := range c.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q does not say %q", name, said, want)
			}
		}
		named := regexp.MustCompile(`docs/operating.md, "([^"]+)"`).FindStringSubmatch(said)
		if named == nil {
			t.Errorf("%s: %q names no page", name, said)
			continue
		}
		body, found := page(named[1])
		if !found {
			t.Errorf("%s: docs/operating.md has no page %q", name, named[1])
		}
		for _, command := range regexp.MustCompile(`taurus log [a-z-]+`).FindAllString(said, -1) {
			if !strings.Contains(body, command) && !strings.Contains(body, "#the-log-has-become-shorter") {
				t.Errorf("%s: the page %q does not tell of %s", name, named[1], command)
			}
		}
	}
	for err, kinds := range map[error][]error{
		&fold.ReplacedError{Err: &eventlog.ChangedError{}}: {fold.ErrOther, eventlog.ErrChanged},
		&fold.HoleError{Err: gap}:                          {eventlog.ErrGap},
		&fold.ShortError{}:                                 {fold.ErrShort},
		&fold.OtherError{}:                                 {fold.ErrOther},
	} {
		for _, kind := range kinds {
			if !errors.Is(err, kind) {
				t.Errorf("%T is no %v", err, kind)
			}
		}
	}
}
