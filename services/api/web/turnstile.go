package web

import (
	"fmt"
	"sync"
)

// CrowdedError says that more is under way than there is room for. It is answered
// with 429.
type CrowdedError struct {
	// What there is too much of: "requests", say.
	What string
	// Most is how many there may be: of one client if Own, otherwise of all.
	Most int
	Own  bool
	// Setting is the one that changes that.
	Setting string
}

// Error says what to do, for users.
func (e *CrowdedError) Error() string {
	if e.Own {
		return fmt.Sprintf("Of one client at most %d %s are served at once (%s); end some, or try again later.", e.Most, e.What, e.Setting)
	}
	return fmt.Sprintf("At most %d %s are served at once (%s); try again later.", e.Most, e.What, e.Setting)
}

// Bound is how many of a kind may be under way at once.
type Bound struct {
	// What they are, for people.
	What string
	// All is how many there may be, Each how many of one client.
	All, Each int
	// AllSetting and EachSetting are what changes that.
	AllSetting, EachSetting string
}

// Turnstile counts who is in, in all and by client. It is safe for concurrent use.
type Turnstile struct {
	bound Bound

	mu  sync.Mutex
	all int
	of  map[string]int
}

// NewTurnstile returns one that nobody has come through.
func NewTurnstile(b Bound) *Turnstile { return &Turnstile{bound: b, of: map[string]int{}} }

// Enter lets a client in; leave must be called once. Where there is no room it does not
// wait: the error is a *CrowdedError.
func (t *Turnstile) Enter(client string) (leave func(), err error) { return t.enter(client, 0) }

// enter leaves room for so many others.
func (t *Turnstile) enter(client string, spare int) (leave func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.bound
	switch {
	case t.of[client] >= b.Each:
		return nil, &CrowdedError{What: b.What, Most: b.Each, Own: true, Setting: b.EachSetting}
	case t.all >= b.All-spare:
		return nil, &CrowdedError{What: b.What, Most: b.All - spare, Setting: b.AllSetting}
	}
	t.all++
	t.of[client]++
	return func() { t.leave(client) }, nil
}

func (t *Turnstile) leave(client string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all--
	if t.of[client]--; t.of[client] == 0 {
		delete(t.of, client)
	}
}
