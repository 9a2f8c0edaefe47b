package jetstream

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/internal/backoff"
)

// Leases is an eventlog.Lease, eventlog.Members and eventlog.Presence in a
// key-value bucket. Use OpenLeases.
type Leases struct {
	bucket
}

// OpenLeases connects and verifies the bucket that is there; it never makes one,
// which is for CreateLeases. Of the options it uses those of the connection,
// Replicas and Patience. Its errors are those of Open.
func OpenLeases(ctx context.Context, o Options) (*Leases, error) {
	o = o.withDefaults()
	nc, js, err := dial(ctx, o, findBucket)
	if err != nil {
		return nil, err
	}

	return &Leases{bucket{options: o, nc: nc, js: js, absence: newAbsence(nc, bucketStream)}}, nil
}

// Close releases the connection. Leases held run out by themselves.
func (l *Leases) Close() error {
	l.nc.Close()

	return nil
}

// claim is the value of a lease's key. The nonce tells one's own writing, whose
// answer was lost, from that of another with the same holder name.
type claim struct {
	Holder string `json:"holder"`
	Nonce  string `json:"nonce"`
}

// Acquire implements eventlog.Lease.
func (l *Leases) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (eventlog.Held, error) {
	if err := errors.Join(checkName("lease's name", name), checkName("holder", holder), checkTTL(ttl)); err != nil {
		return nil, err
	}
	data, err := json.Marshal(claim{Holder: holder, Nonce: rand.Text()})
	if err != nil {
		return nil, fmt.Errorf("jetstream: encode: %w", err)
	}
	h := &held{bucket: &l.bucket, name: name, key: "lease." + escape(name), data: data, ttl: ttl}

	if err := h.persist(ctx, h.acquire); err != nil {
		return nil, err
	}

	return h, nil
}

// held is a lease that was acquired.
type held struct {
	bucket    *bucket
	name, key string
	data      []byte
	ttl       time.Duration

	mu       sync.Mutex
	revision uint64
}

// persist tries until the answer is clear: done, ErrLeaseTaken, or that there is no
// bucket. If there is none in time, the lease's state is not known and the store not
// available.
func (h *held) persist(ctx context.Context, try func(context.Context) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	patient, cancel := context.WithTimeout(ctx, h.bucket.options.Patience)
	defer cancel()
	wait := backoff.Backoff{Min: minWait, Max: maxWait}
	for {
		err := try(patient)
		var denied *DeniedError
		if err == nil || errors.Is(err, eventlog.ErrLeaseTaken) || errors.As(err, &denied) {
			return err
		}
		if none := h.bucket.gone(patient); none != nil {
			return none
		}
		if wait.Wait(patient) != nil {
			return unavailable(err)
		}
	}
}

// acquire takes the key if nobody has it.
func (h *held) acquire(ctx context.Context) error {
	found, err := h.bucket.get(ctx, h.key)
	if err != nil {
		return err
	}
	if found.live {
		return h.adopt(found)
	}
	h.revision, err = h.bucket.put(ctx, h.key, h.data, h.ttl, &found.revision)

	return err
}

// adopt takes over the revision of our own writing, whose answer was lost.
func (h *held) adopt(found value) error {
	if found.live && bytes.Equal(found.data, h.data) {
		h.revision = found.revision

		return nil
	}
	var other claim
	if err := json.Unmarshal(found.data, &other); err != nil || !found.live {
		other.Holder = "nobody"
	}

	return fmt.Errorf("%w: %s has %s", eventlog.ErrLeaseTaken, other.Holder, h.name)
}

// Renew implements eventlog.Held.
func (h *held) Renew(ctx context.Context) error {
	return h.persist(ctx, func(ctx context.Context) error {
		revision, err := h.bucket.put(ctx, h.key, h.data, h.ttl, &h.revision)
		if err == nil {
			h.revision = revision

			return nil
		}

		return h.refused(ctx, err)
	})
}

// Release implements eventlog.Held.
func (h *held) Release(ctx context.Context) error {
	err := h.persist(ctx, func(ctx context.Context) error {
		err := h.bucket.remove(ctx, h.key, &h.revision)
		if err == nil {
			return nil
		}

		return h.refused(ctx, err)
	})
	if errors.Is(err, eventlog.ErrLeaseTaken) {
		return nil // It was released before, or lost.
	}

	return err
}

// refused tells a lost lease from one whose revision only we did not learn.
func (h *held) refused(ctx context.Context, err error) error {
	if !errors.Is(err, eventlog.ErrConflict) {
		return err
	}
	found, getErr := h.bucket.get(ctx, h.key)
	if getErr != nil {
		return getErr
	}
	if lost := h.adopt(found); lost != nil {
		return lost
	}

	return err
}

// Join implements eventlog.Members.
func (l *Leases) Join(ctx context.Context, role, id string, ttl time.Duration) error {
	if err := errors.Join(checkName("role", role), checkName("id", id), checkTTL(ttl)); err != nil {
		return err
	}
	key := "member." + escape(role) + "." + escape(id)
	beat := time.NewTicker(ttl / 3)
	defer beat.Stop()
	defer l.leave(context.WithoutCancel(ctx), key)
	for {
		if _, err := l.put(ctx, key, []byte(id), ttl, nil); err != nil && ctx.Err() == nil {
			l.options.Log.WarnContext(ctx, "membership not renewed", reason(err), slog.String("role", role), slog.String("id", id))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
		}
	}
}

func (l *Leases) leave(ctx context.Context, key string) {
	if !l.nc.IsConnected() {
		return // It runs out.
	}
	if err := l.remove(ctx, key, nil); err != nil {
		l.options.Log.DebugContext(ctx, "membership runs out by itself", reason(err))
	}
}

// List implements eventlog.Members.
func (l *Leases) List(ctx context.Context, role string) ([]string, error) {
	if err := checkName("role", role); err != nil {
		return nil, err
	}
	ids, err := l.list(ctx, role)
	if err == nil {
		return ids, nil
	}
	if none := l.gone(ctx); none != nil {
		return nil, none
	}

	return nil, unavailable(err)
}

func (l *Leases) list(ctx context.Context, role string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	members, err := l.under(ctx, "member."+escape(role)+".*")
	if err != nil {
		return nil, fmt.Errorf("jetstream: members of %s: %w", role, err)
	}
	var ids []string
	for _, m := range members {
		ids = append(ids, string(m.Data))
	}
	slices.Sort(ids)

	return ids, nil
}
