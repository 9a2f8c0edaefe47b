package election

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/pause"
)

// watcher looks at the nodes of a directory.
type watcher interface {
	// children also gives a channel that something is sent on, or that is closed,
	// when the names may have changed.
	children(ctx context.Context, path string) (names []string, changed <-chan struct{}, err error)
	// get gives the data of a node; ok is false when there is none.
	get(ctx context.Context, path string) (data []byte, ok bool, err error)
	// Lost is closed when the session is lost.
	Lost() <-chan struct{}
}

// Detect calls changed with the leader, and again with each new one, nil when
// there is none, until changed returns an error, ctx is done, or the session is
// lost, which is ErrSessionLost. It always returns an error. The leader is not
// followed while changed runs.
func (s *Session) Detect(ctx context.Context, changed func(leader *Master) error) error {
	return detect(ctx, s, s.address.Path, changed)
}

func detect(ctx context.Context, zk watcher, dir string, changed func(leader *Master) error) error {
	var leader string // node
	for first := true; ; first = false {
		names, wake, err := zk.children(ctx, dir)
		if err != nil {
			return fmt.Errorf("election: %w", err)
		}
		node, _ := leading(names)
		if first || node != leader {
			m, gone, err := read(ctx, zk, dir, node)
			if err != nil {
				return fmt.Errorf("election: %s: %w", node, err)
			}
			// What went away in between is in the next list.
			if !gone {
				leader = node
				if err := changed(m); err != nil {
					return err
				}
			}
		}
		select {
		case <-wake:
		case <-zk.Lost():
			return ErrSessionLost
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// read gives the master of a node, nil for no node.
func read(ctx context.Context, zk watcher, dir, node string) (m *Master, gone bool, err error) {
	if node == "" {
		return nil, false, nil
	}
	data, ok, err := zk.get(ctx, dir+"/"+node)
	if err != nil || !ok {
		return nil, !ok, err
	}
	found, err := parseMaster(data)
	return &found, false, err
}

// again is how long Follow waits after a failure.
const again = time.Second

// Follow is Detect for those who take no part: with a new session whenever one is
// lost, when there is no leader until the next one is known. It returns when ctx
// is done.
func Follow(ctx context.Context, a Address, log zerolog.Logger, changed func(leader *Master)) {
	for ctx.Err() == nil {
		err := follow(ctx, a, log, changed)
		if ctx.Err() != nil {
			return
		}
		log.Warn().Err(err).Msg("leader unknown")
		changed(nil)
		if !errors.Is(err, ErrSessionLost) {
			_ = pause.For(ctx, again) // The loop looks at ctx.
		}
	}
}

func follow(ctx context.Context, a Address, log zerolog.Logger, changed func(*Master)) error {
	s, err := Dial(ctx, a, log)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Detect(ctx, func(leader *Master) error {
		changed(leader)
		return nil
	})
}
