package projection

import "sync"

// FeedKept is how many of the newest events are at hand for those who follow;
// older ones are read from the log.
const FeedKept = 4096

// feed holds the newest events and wakes those who wait for more. Each reader
// keeps its own position, so a slow one holds up nobody.
type feed struct {
	mu      sync.Mutex
	ring    []Event // The event of sequence n is at n modulo the length.
	first   uint64  // The oldest held; 0 before any came.
	last    uint64
	changed chan struct{}
}

func newFeed(kept int) *feed {
	return &feed{ring: make([]Event, kept), changed: make(chan struct{})}
}

func (f *feed) push(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring[e.Sequence%uint64(len(f.ring))] = e
	f.last = e.Sequence
	if f.first == 0 {
		f.first = e.Sequence
	}
	f.first = max(f.first, f.last-min(f.last, uint64(len(f.ring)))+1)
	close(f.changed)
	f.changed = make(chan struct{})
}

// since returns at most limit events from sequence from on. With held false
// they are older than what is held: first tells where that begins. With none,
// changed is closed when there are more.
func (f *feed) since(from uint64, limit int) (events []Event, first uint64, held bool, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first != 0 && from < f.first {
		return nil, f.first, false, nil
	}
	for n := from; n <= f.last && f.first != 0 && len(events) < limit; n++ {
		if e := f.ring[n%uint64(len(f.ring))]; e.Sequence == n { // Others are lost.
			events = append(events, e)
		}
	}
	return events, f.first, true, f.changed
}
