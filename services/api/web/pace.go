package web

import (
	"container/list"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// pacesMax bounds how many are kept pace of at once, of each kind. Who has asked longest ago
// is forgotten first.
const pacesMax = 10_000

// HurriedError says that somebody asks more often than they may. It is answered with 429.
type HurriedError struct {
	// What there is too much of, Setting what bounds it, and Wait when the next is let in.
	What, Setting string
	Wait          time.Duration
}

// Error says what to do, for users.
func (e *HurriedError) Error() string {
	return fmt.Sprintf("Too many %s in too short a time (%s); try again in %s.", e.What, e.Setting, count(e.seconds()))
}

func count(seconds int) string {
	if seconds == 1 {
		return "a second"
	}
	return strconv.Itoa(seconds) + " seconds"
}

// seconds are those of Wait, begun ones too.
func (e *HurriedError) seconds() int { return max(1, int(math.Ceil(e.Wait.Seconds()))) }

// paces are how often somebody asks, by who they are. They are safe for concurrent use.
type paces struct {
	every rate.Limit
	burst int

	mu    sync.Mutex
	of    map[string]*list.Element
	order *list.List // The one who asked last in front.
}

type pace struct {
	who    string
	bucket *rate.Limiter
}

func newPaces(every rate.Limit, burst int) *paces {
	return &paces{every: every, burst: burst, of: map[string]*list.Element{}, order: list.New()}
}

// take counts a request, or returns how long it is too early.
func (p *paces) take(who string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, there := p.of[who]
	if !there {
		if len(p.of) >= pacesMax {
			last := p.order.Back()
			delete(p.of, last.Value.(*pace).who) //nolint:forcetypeassert // It holds nothing else.
			p.order.Remove(last)
		}
		at = p.order.PushFront(&pace{who, rate.NewLimiter(p.every, p.burst)})
		p.of[who] = at
	}
	p.order.MoveToFront(at)
	r := at.Value.(*pace).bucket.ReserveN(now, 1) //nolint:forcetypeassert // As above.
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// pacing is what requests are held to by who sends them.
type pacing struct {
	// requests are those of a principal, or where nobody signed in of an address; stops have
	// a measure of their own, and failures are credentials that were no good.
	requests, stops, failures *paces
}

func newPacing(l Limits) pacing {
	return pacing{
		requests: newPaces(rate.Limit(l.Rate), l.RateBurst), stops: newPaces(rate.Limit(l.Rate), l.RateBurst),
		failures: newPaces(rate.Every(time.Minute/time.Duration(l.FailuresPerMinute)), l.FailuresPerMinute),
	}
}

// paced holds a request to how often its principal may ask.
func (f *frame) paced(c echo.Context, route Route, p access.Principal) error {
	who := string(p.By) + " " + p.Name
	if p.By == "" || p.By == access.Anonymous {
		who = Network(c.RealIP())
	}
	measure := f.pacing.requests
	if route.Cost == Urgent {
		measure = f.pacing.stops
	}
	if wait := measure.take(who, f.Now()); wait > 0 {
		return &HurriedError{What: "requests", Setting: "--requests-per-second and --requests-burst, of one principal, or of one address that does not sign in", Wait: wait}
	}
	return nil
}

// failed counts a credential that was no good. Beyond the measure it is not said any more
// what was wrong with it. One that is good is never refused for others that were not: what
// there is to guess has 256 bits, and behind a proxy one client could lock out all others.
func (f *frame) failed(c echo.Context, reason error) error {
	if wait := f.pacing.failures.take(Network(c.RealIP()), f.Now()); wait > 0 {
		return &HurriedError{What: "credentials that are no good", Setting: "--sign-in-failures-per-minute, of one address", Wait: wait}
	}
	return &CredentialError{Reason: reason}
}

// Network is whom an address belongs to: of IPv6 one subscriber has 64 bits.
func Network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
