package snapshot

import (
	"context"
	"errors"
	"iter"
)

// Store keeps snapshots by their names. It is safe for concurrent use.
type Store interface {
	// List returns the names of all that are there, in no order. ErrNone says that there is no
	// store.
	List(ctx context.Context) ([]string, error)
	// Get returns what is under a name, or ErrNone.
	Get(ctx context.Context, name string) ([]byte, error)
	// Put keeps data under a name. Whoever reads finds all of it, or what was there before,
	// whatever interrupts it.
	Put(ctx context.Context, name string, data []byte) error
	// Delete removes what is under a name; nothing may be there.
	Delete(ctx context.Context, name string) error
}

// Names lists the snapshots of a store, the newest first.
func Names(ctx context.Context, s Store) ([]Name, error) {
	texts, err := s.List(ctx)
	return parse(texts), err
}

// Source gives snapshots to whoever begins at one: those on its own disk, and those of all.
type Source struct {
	// Own is on a disk of its own, and gets what is read from Shared; each may be nil.
	Own, Shared Store
	// Tell is told of what could not be read; nil for nobody.
	Tell func(name string, err error)
}

// Newest yields the snapshots of this format, the newest first, as they are asked for.
func (s Source) Newest(ctx context.Context, format string) iter.Seq[*Snapshot] {
	return func(yield func(*Snapshot) bool) {
		for _, one := range s.all(ctx) {
			if one.name.Format != format {
				continue
			}
			snap, err := s.read(ctx, one.from, one.name.String())
			if err != nil {
				s.tell(one.name.String(), err)
				continue
			}
			if !yield(snap) {
				return
			}
		}
	}
}

type candidate struct {
	name Name
	from Store
}

// all are those of both stores, each once, and from its own disk where it is there too.
func (s Source) all(ctx context.Context) (list []candidate) {
	from := map[Name]Store{}
	var texts []string
	for _, store := range []Store{s.Own, s.Shared} {
		if store == nil {
			continue
		}
		names, err := store.List(ctx)
		if err != nil && !errors.Is(err, ErrNone) {
			s.tell("", err)
		}
		for _, n := range parse(names) {
			if from[n] == nil {
				from[n], texts = store, append(texts, n.String())
			}
		}
	}
	for _, n := range parse(texts) {
		list = append(list, candidate{n, from[n]})
	}
	return list
}

func (s Source) read(ctx context.Context, from Store, name string) (*Snapshot, error) {
	var snap *Snapshot
	data, err := from.Get(ctx, name)
	if err == nil {
		snap, err = Decode(data)
	}
	if err != nil && from == s.Own && s.Shared != nil {
		if again, sharedErr := s.read(ctx, s.Shared, name); sharedErr == nil {
			return again, nil
		}
	}
	if err == nil && s.Own != nil && from != s.Own {
		s.keep(ctx, name, data)
	}
	return snap, err
}

// keep puts on its own disk what it goes by, in the place of what it went by before.
func (s Source) keep(ctx context.Context, name string, data []byte) {
	names, err := s.Own.List(ctx)
	if err == nil {
		err = s.Own.Put(ctx, name, data)
	}
	for _, old := range names {
		if _, is := ParseName(old); is && old != name && err == nil {
			err = s.Own.Delete(ctx, old)
		}
	}
	if err != nil {
		s.tell(name, err)
	}
}

func (s Source) tell(name string, err error) {
	if s.Tell != nil {
		s.Tell(name, err)
	}
}
