package jetstream

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// presencePrefix begins the keys of who is there: presence.<role>.<id>. So a
// NATS user may be given the right to publish for one role and no other:
// $KV.taurus_lease.presence.<role>.>.
const presencePrefix = "presence."

// Renew implements eventlog.Presence.
func (l *Leases) Renew(ctx context.Context, role, id string, data []byte, ttl time.Duration) error {
	if err := errors.Join(checkName("role", role), checkName("id", id), checkTTL(ttl)); err != nil {
		return err
	}
	if len(data) > eventlog.PresentMax {
		return fmt.Errorf("%w: %d bytes of %s %s, PresentMax is %d", eventlog.ErrTooLarge, len(data), role, id, eventlog.PresentMax)
	}
	_, err := l.put(ctx, presenceKey(role, id), data, ttl, nil)

	return notKnown(ctx, err)
}

// Leave implements eventlog.Presence.
func (l *Leases) Leave(ctx context.Context, role, id string) error {
	if err := errors.Join(checkName("role", role), checkName("id", id)); err != nil {
		return err
	}

	return notKnown(ctx, l.remove(ctx, presenceKey(role, id), nil))
}

// notKnown turns an error of one attempt into that of a caller who does not try
// again.
func notKnown(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%w (last attempt: %w)", ctx.Err(), err)
	case errors.Is(err, errNotTaken):
		return unavailable(err)
	}

	return err
}

func presenceKey(role, id string) string { return presencePrefix + escape(role) + "." + escape(id) }

// Present implements eventlog.Presence.
func (l *Leases) Present(ctx context.Context) ([]eventlog.Present, error) {
	bounded, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	all, err := l.present(bounded)
	switch {
	case err == nil:
		return all, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}

	return nil, unavailable(err)
}

func (l *Leases) present(ctx context.Context) ([]eventlog.Present, error) {
	found, err := l.under(ctx, presencePrefix+">")
	if err != nil {
		return nil, fmt.Errorf("jetstream: who is there: %w", err)
	}
	var all []eventlog.Present
	for _, m := range found {
		if role, id, ok := presentOf(m.Subject); ok {
			all = append(all, eventlog.Present{Role: role, ID: id, Data: m.Data, At: m.Time.UTC()})
		}
	}
	slices.SortFunc(all, func(a, b eventlog.Present) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.ID, b.ID)) })

	return all, nil
}

// presentOf reads who wrote on a subject; what nobody of taurus writes is nobody.
func presentOf(subject string) (role, id string, ok bool) {
	first, second, ok := strings.Cut(strings.TrimPrefix(subject, bucketPrefix+presencePrefix), ".")
	if !ok {
		return "", "", false
	}
	role, errRole := unescape(first)
	id, errID := unescape(second)

	return role, id, errRole == nil && errID == nil && presenceKey(role, id) == presencePrefix+first+"."+second
}

// unescape reads what escape wrote.
func unescape(token string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(token); i++ {
		if token[i] != '=' {
			b.WriteByte(token[i])

			continue
		}
		if i+2 >= len(token) {
			return "", fmt.Errorf("jetstream: key token %q ends in the middle of an escape", token)
		}
		c, err := hex.DecodeString(token[i+1 : i+3])
		if err != nil {
			return "", fmt.Errorf("jetstream: key token %q: %w", token, err)
		}
		b.WriteByte(c[0])
		i += 2
	}

	return b.String(), nil
}
