package natsserver

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// lookEvery is how often the server is asked whether it still stores.
	lookEvery = time.Second

	// A disk that was full has room again with so many bytes free, or such a part of
	// a small one: enough to start on, and for more than a moment.
	roomMin  = 16 << 20
	roomPart = 16
)

// frozen returns why the server stores nothing any more, nil while it does. After a
// write that the disk refused a stream takes no other, and nothing but a start anew
// changes that: what is in memory and what is on disk have parted.
func (s *Server) frozen() error {
	if !s.nats.JetStreamEnabled() {
		return fmt.Errorf("%w: JetStream is off", ErrFrozen)
	}
	for _, e := range s.nats.Healthz(&server.HealthzOptions{Details: true}).Errors {
		if e.Type == server.HealthzErrorStream && strings.Contains(e.Error, "write error") {
			return fmt.Errorf("%w: %s", ErrFrozen, e.Error)
		}
	}
	return nil
}

// disk is what a file system has free, and its size, in bytes.
type disk struct{ free, size uint64 }

func diskOf(dir string) (disk, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return disk{}, fmt.Errorf("ask for the room on the disk of %s: %w", dir, err)
	}
	block := uint64(st.Bsize)
	return disk{free: st.Bavail * block, size: st.Blocks * block}, nil
}

// wanted is how much must be free for a disk that was full to be used again.
func (d disk) wanted() uint64 { return min(roomMin, d.size/roomPart) }

// watch looks at the server until it is frozen and the disk has room again, and
// returns why it was; nil once ended is closed. Until then the server runs: what it
// holds can be read.
func (s *Server) watch(ended <-chan struct{}) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return nil
		case <-tick.C:
		}
		why := s.frozen()
		if why == nil {
			continue
		}
		d, err := diskOf(s.store)
		if err != nil || d.free >= d.wanted() {
			return why
		}
		s.wait(fmt.Errorf("%w; %d MiB of %s are free: make room, at %d MiB it goes on by itself",
			why, d.free>>20, s.store, d.wanted()>>20))
	}
}

// wait notes what the server waits for, and says so once.
func (s *Server) wait(why error) {
	text := why.Error()
	if s.waits.Swap(&text) == nil {
		s.log.Error().Err(why).Msg("the disk is full or failed: nothing is stored before there is room again")
	}
}
