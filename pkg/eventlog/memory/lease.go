package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// errTTL says that a lease cannot live so short.
var errTTL = errors.New("memory: the ttl is too short")

// Leases is an eventlog.Lease, eventlog.Members and eventlog.Presence in memory.
// Use NewLeases.
type Leases struct {
	clock func() time.Time

	mu      sync.Mutex
	held    map[string]*held
	members map[member]time.Time
	present map[member]present
}

type member struct{ role, id string }

// present is what a member says of itself, since when and until when.
type present struct {
	data      []byte
	at, until time.Time
}

// NewLeases returns leases that nobody holds. They run out by clock; nil is
// time.Now.
func NewLeases(clock func() time.Time) *Leases {
	if clock == nil {
		clock = time.Now
	}

	return &Leases{clock: clock, held: make(map[string]*held), members: make(map[member]time.Time), present: make(map[member]present)}
}

// Acquire implements eventlog.Lease.
func (l *Leases) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (eventlog.Held, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkTTL(ttl); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	if h, ok := l.held[name]; ok && now.Before(h.until) {
		return nil, fmt.Errorf("%w: %s has %s", eventlog.ErrLeaseTaken, h.holder, name)
	}
	h := &held{leases: l, name: name, holder: holder, ttl: ttl, until: now.Add(ttl)}
	l.held[name] = h

	return h, nil
}

func checkTTL(ttl time.Duration) error {
	if ttl < eventlog.MinTTL {
		return fmt.Errorf("%w: %v, MinTTL is %v", errTTL, ttl, eventlog.MinTTL)
	}

	return nil
}

type held struct {
	leases       *Leases
	name, holder string
	ttl          time.Duration
	until        time.Time // Guarded by leases.mu.
}

// Renew implements eventlog.Held.
func (h *held) Renew(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l := h.leases
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	if l.held[h.name] != h || !now.Before(h.until) {
		return fmt.Errorf("%w: %s lost %s", eventlog.ErrLeaseTaken, h.holder, h.name)
	}
	h.until = now.Add(h.ttl)

	return nil
}

// Release implements eventlog.Held.
func (h *held) Release(context.Context) error {
	l := h.leases
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[h.name] == h {
		delete(l.held, h.name)
	}

	return nil
}

// Join implements eventlog.Members.
func (l *Leases) Join(ctx context.Context, role, id string, ttl time.Duration) error {
	if err := checkTTL(ttl); err != nil {
		return err
	}
	m := member{role, id}
	beat := time.NewTicker(ttl / 3)
	defer beat.Stop()
	defer l.leave(m)
	for {
		l.heartbeat(m, ttl)
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
		}
	}
}

func (l *Leases) heartbeat(m member, ttl time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.members[m] = l.clock().Add(ttl)
}

func (l *Leases) leave(m member) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.members, m)
}

// List implements eventlog.Members.
func (l *Leases) List(ctx context.Context, role string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	var ids []string
	for m, until := range l.members {
		if m.role == role && now.Before(until) {
			ids = append(ids, m.id)
		}
	}
	slices.Sort(ids)

	return ids, nil
}
