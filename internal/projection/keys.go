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

// Submission is a past submission under an idempotency key.
type Submission struct {
	Job string
	Run uint64
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
	ev, ok := r.Event.(events.JobSubmitted)
	if !ok || ev.IdempotencyKey == "" {
		return
	}
	if _, known := k.byKey[ev.IdempotencyKey]; known {
		return // The first one stands.
	}
	k.byKey[ev.IdempotencyKey] = Submission{
		Job: r.Subject.Job, Run: r.Sequence, Digest: sha256.Sum256(ev.Spec), At: r.Time, By: r.Envelope.Actor,
	}
	k.order = append(k.order, ev.IdempotencyKey)
	if len(k.order) > k.limit {
		delete(k.byKey, k.order[0])
		k.order = k.order[1:]
	}
}
