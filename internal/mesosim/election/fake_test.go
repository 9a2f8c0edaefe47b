package election

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

// fakeZK is a ZooKeeper in memory, with sessions.
type fakeZK struct {
	mu      sync.Mutex
	nodes   map[string]*fakeNode
	seq     int
	watches map[string][]chan struct{}
}

type fakeNode struct {
	data    []byte
	version int32
	owner   *fakeSession // of an ephemeral node
}

// fakeSession is one session with it.
type fakeSession struct {
	zk   *fakeZK
	lost chan struct{}
	// before is called before a node is read.
	before func(path string)
}

func newFakeZK() *fakeZK {
	return &fakeZK{nodes: map[string]*fakeNode{}, watches: map[string][]chan struct{}{}}
}

func (z *fakeZK) dial() *fakeSession { return &fakeSession{zk: z, lost: make(chan struct{})} }

// touch wakes who watches a directory; the lock is held.
func (z *fakeZK) touch(dir string) {
	for _, w := range z.watches[dir] {
		close(w)
	}
	delete(z.watches, dir)
}

func (z *fakeZK) put(name string, data []byte, owner *fakeSession) {
	z.nodes[name] = &fakeNode{data: data, owner: owner}
	z.touch(path.Dir(name))
}

// create adds a node that lasts.
func (z *fakeZK) create(name, data string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.put(name, []byte(data), nil)
}

func (z *fakeZK) remove(name string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	delete(z.nodes, name)
	z.touch(path.Dir(name))
}

// expire ends a session with its nodes.
func (s *fakeSession) expire() {
	s.zk.mu.Lock()
	defer s.zk.mu.Unlock()
	for name, n := range s.zk.nodes {
		if n.owner == s {
			delete(s.zk.nodes, name)
			s.zk.touch(path.Dir(name))
		}
	}
	close(s.lost)
}

func (s *fakeSession) Lost() <-chan struct{} { return s.lost }

func (s *fakeSession) enlist(_ context.Context, name string, data []byte) error {
	s.zk.mu.Lock()
	defer s.zk.mu.Unlock()
	s.zk.put(fmt.Sprintf("%s%010d", name, s.zk.seq), data, s)
	s.zk.seq++
	return nil
}

func (s *fakeSession) children(_ context.Context, dir string) ([]string, <-chan struct{}, error) {
	s.zk.mu.Lock()
	defer s.zk.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.zk.nodes)) {
		if rest, ok := strings.CutPrefix(name, dir+"/"); ok {
			names = append(names, rest)
		}
	}
	w := make(chan struct{})
	s.zk.watches[dir] = append(s.zk.watches[dir], w)
	return names, w, nil
}

func (s *fakeSession) get(ctx context.Context, name string) ([]byte, bool, error) {
	data, version, err := s.load(ctx, name)
	return data, version != absent, err
}

func (s *fakeSession) load(_ context.Context, name string) ([]byte, int32, error) {
	if s.before != nil {
		s.before(name)
	}
	s.zk.mu.Lock()
	defer s.zk.mu.Unlock()
	n := s.zk.nodes[name]
	if n == nil {
		return nil, absent, nil
	}
	return n.data, n.version, nil
}

func (s *fakeSession) store(_ context.Context, name string, data []byte, version int32) (int32, error) {
	s.zk.mu.Lock()
	defer s.zk.mu.Unlock()
	n := s.zk.nodes[name]
	switch {
	case n == nil && version == absent:
		s.zk.put(name, data, nil)
		return 0, nil
	case n == nil, n.version != version:
		return 0, ErrFenced
	}
	n.data, n.version = data, version+1
	return n.version, nil
}
