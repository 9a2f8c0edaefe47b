package examine

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// marked is the mark of a service, and what the log says of it.
type marked struct {
	dir  string
	mark mark.Mark
	// loss reports whether the acceptance was passed that the mark knows: later ones
	// are news to it.
	since   uint64
	foreign bool
	other   *exportfile.Range
	got     chain.Hash
}

// Mark has the mark of a state directory held against the log.
func (a *Examiner) Mark(dir string, m mark.Mark) {
	a.marks = append(a.marks, &marked{dir: dir, mark: m})
}

// Unmarked notes that the mark of a state directory cannot be held against the log.
func (a *Examiner) Unmarked(dir string, err error) {
	a.found(Problem{Code: CodeMark, Message: fmt.Sprintf("%s: %v", dir, err), Ways: []string{
		"name the state directory of a service, on the host that it runs on, by --state-dir",
		"of a mark that is damaged, and a log that is whole otherwise: stop the service, remove the file, start it again",
	}})
}

// compare holds a record of the log against the mark.
func (m *marked) compare(sequence uint64, hash chain.Hash, known bool, good uint64, sum [32]byte) {
	if sum == m.mark.Loss {
		m.since = sequence
	}
	if sequence == 1 && m.mark.First != (chain.Hash{}) && hash != m.mark.First {
		m.foreign = true
	}
	if sequence == m.mark.Sequence && m.mark.Known && known && hash != m.mark.Hash {
		m.other, m.got = &exportfile.Range{From: good + 1, To: max(good+1, sequence)}, hash
	}
}

// problems are those of the mark, once the whole log was read.
func (m *marked) problems(r Report) []Problem {
	for _, l := range r.Losses {
		if l.Sequence > m.since && l.From <= m.mark.Sequence && m.mark.Sequence <= l.To {
			return nil // Since the mark was made its end was accepted to be lost.
		}
	}
	at := m.mark.Time.Format("2006-01-02T15:04:05Z07:00")
	switch {
	case m.foreign:
		return []Problem{{
			Code: CodeForeign, Message: fmt.Sprintf("%s is of another log: even the first record is another", m.dir),
			Ways: []string{"look at --nats, --stream and --state-dir; a service that goes over to another log gets another --state-dir"},
		}}
	case r.Last < m.mark.Sequence:
		return []Problem{lost(CodeShort, exportfile.Range{From: r.Last + 1, To: m.mark.Sequence}, fmt.Sprintf(
			"the log ends at %d, and by %s it was folded up to %d, of %s", r.Last, m.dir, m.mark.Sequence, at))}
	case m.other != nil:
		return []Problem{lost(CodeOther, *m.other, fmt.Sprintf(
			"by %s the hash up to %d, of %s, was %.12s, and is %.12s: a record of %s was changed", m.dir, m.mark.Sequence, at, m.mark.Hash, m.got, *m.other))}
	}
	return nil
}
