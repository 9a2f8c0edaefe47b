package projection

import "sync"

const (
	// FeedKept is how many of the newest events are at hand for those who follow;
	// older ones are read from the log.
	FeedKept = 4096
	// FeedKeptBytes bounds them in bytes, as Event.Size counts them.
	FeedKeptBytes = 32 << 20
)

// feed holds the newest events and wakes those who wait for more. Each reader
// keeps its own position, so a slow one holds up nobody.
type feed struct {
	mu    sync.Mutex
	ring  []Event // The event of sequence n is at n modulo the length.
	most  int     // Bytes.
	bytes int
	// first is the oldest held; 0 before any came. Sequences that the log lacks have no
	// event between it and last.
	first   uint64
	last    uint64
	changed chan struct{}
}

func newFeed(kept, most int) *feed {
	return &feed{ring: make([]Event, kept), most: most, changed: make(chan struct{})}
}

func (f *feed) push(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == 0 {
		f.first = e.Sequence
	}
	f.bytes += e.Size()
	for f.first <= f.last && (f.bytes > f.most || e.Sequence-f.first >= uint64(len(f.ring))) {
		f.drop()
	}
	if f.first > f.last {
		f.first = e.Sequence // However large it is, the newest is at hand.
	}
	*f.at(e.Sequence) = e
	f.last = e.Sequence
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *feed) at(sequence uint64) *Event { return &f.ring[sequence%uint64(len(f.ring))] }

// drop forgets the oldest.
func (f *feed) drop() {
	if ev := f.at(f.first); ev.Sequence == f.first {
		f.bytes -= ev.Size()
		*ev = Event{}
	}
	f.first++
}

// since returns a piece of the events from sequence from on. With held false they are
// older than what is held: first tells where that begins.
func (f *feed) since(from uint64, filter Filter, most int) (piece Piece, first uint64, held bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first != 0 && from < f.first {
		return piece, f.first, false
	}
	piece.Next = from
	for looked := 0; f.first != 0 && piece.Next <= f.last; looked++ {
		if looked == feedChunk || most <= 0 {
			return piece, f.first, true
		}
		ev := f.at(piece.Next)
		if ev.Sequence == piece.Next && filter.Matches(*ev) { // Others are lost.
			piece.Events = append(piece.Events, *ev)
			most -= ev.Size()
		}
		piece.Next++
	}
	if len(piece.Events) == 0 {
		piece.Changed = f.changed
	}
	return piece, f.first, true
}
