package projection

import (
	"crypto/sha256"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// KeysKept is how many idempotency keys are remembered, newest first. A retry
// after that many submissions is treated as a new one.
const KeysKept = 10_000

// Submission is a past submission, or update, under an idempotency key.
type Submission struct {
	Job string
	Run uint64
	// Version is what an update made; 0 for a submission. Sequence is that of its event.
	Version, Sequence uint64
	// Digest is that of the submitted spec in its canonical JSON.
	Digest [sha256.Size]byte
	At     time.Time
	By     string
}

// keys remembers submissions by key. What it keeps follows from the log alone,
// so all who fold it remember the same.
type keys struct {
	limit int
	byKey map[string]Submission
	order []string
}

func newKeys(limit int) *keys { return &keys{limit: limit, byKey: map[string]Submission{}} }

func (k *keys) apply(r cluster.Record) {
	switch ev := r.Event.(type) {
	case events.JobSubmitted:
		k.note(ev.IdempotencyKey, r, Submission{Run: r.Sequence, Digest: sha256.Sum256(ev.Spec)})
	case events.JobUpdated:
		k.note(ev.IdempotencyKey, r, Submission{Run: ev.Run, Version: ev.Version, Digest: sha256.Sum256(ev.Spec)})
	default:
	}
}

func (k *keys) note(key string, r cluster.Record, s Submission) {
	if _, known := k.byKey[key]; known || key == "" {
		return // The first one stands.
	}
	s.Job, s.Sequence, s.At, s.By = r.Subject.Job, r.Sequence, r.Time, r.Envelope.By()
	k.byKey[key] = s
	k.order = append(k.order, key)
	if len(k.order) > k.limit {
		delete(k.byKey, k.order[0])
		k.order = k.order[1:]
	}
}
