package web

import (
	"cmp"
	"runtime"

	"github.com/labstack/echo/v4"
)

// Limits are what requests are held to. The zero value of each is its default.
type Limits struct {
	// Requests is how many are under way at once, feeds apart; RequestsEach how many of
	// one client, which is known by its address, or of IPv6 by the network of 64 bits.
	Requests, RequestsEach int
	// Feeds is how many are open at once, FeedsEach how many of one client.
	Feeds, FeedsEach int
	// Rate is how many requests a principal may send in a second, RateBurst how many at once
	// after a while without. Who does not sign in is known by their address.
	Rate      float64
	RateBurst int
	// FailuresPerMinute is how many credentials of one address may be no good.
	FailuresPerMinute int
}

// Defaults of Limits, and what follows from them.
const (
	DefaultRequests     = 256
	DefaultRequestsEach = 128
	DefaultFeeds        = 256
	DefaultFeedsEach    = 64
	DefaultRate         = 1000
	DefaultRateBurst    = 5000
	DefaultFailures     = 20
	// SmallBody bounds bodies but those of submissions, in bytes.
	SmallBody = 64 << 10
	// largeShare is the part of Requests whose answers may be large or take long,
	// submissionShare that whose bodies may be, spareShare that which is kept for stops.
	largeShare, submissionShare, spareShare = 8, 4, 8
)

func (l Limits) withDefaults() Limits {
	l.Requests = cmp.Or(l.Requests, DefaultRequests)
	l.RequestsEach = cmp.Or(l.RequestsEach, DefaultRequestsEach)
	l.Feeds = cmp.Or(l.Feeds, DefaultFeeds)
	l.FeedsEach = cmp.Or(l.FeedsEach, DefaultFeedsEach)
	l.Rate = cmp.Or(l.Rate, DefaultRate)
	l.RateBurst = cmp.Or(l.RateBurst, DefaultRateBurst)
	l.FailuresPerMinute = cmp.Or(l.FailuresPerMinute, DefaultFailures)
	return l
}

// doors are what requests come in by, according to what they cost.
type doors struct {
	requests, large, submissions, feeds *Turnstile
	// spare is how many of the requests only stops may be.
	spare int
	// decoding holds one for each body that is being decoded.
	decoding chan struct{}
}

func newDoors(l Limits) *doors {
	const all, each = "--requests-max", "--requests-per-client"
	part := func(what string, share int) *Turnstile {
		return NewTurnstile(Bound{
			What: what, All: max(l.Requests/share, 1), Each: max(l.RequestsEach/share, 1), AllSetting: all, EachSetting: each,
		})
	}
	return &doors{
		requests: part("requests", 1), large: part("lists, histories and looks at the past", largeShare),
		submissions: part("submissions", submissionShare),
		feeds: NewTurnstile(Bound{
			What: "feeds", All: l.Feeds, Each: l.FeedsEach, AllSetting: "--feeds-max", EachSetting: "--feeds-per-client",
		}),
		spare:    l.Requests / spareShare,
		decoding: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
}

// admitted lets a request in if there is room for what it costs.
func (f *frame) admitted(r Route, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		leave, err := f.enter(r, c)
		if err != nil {
			return err
		}
		defer leave()
		return next(c)
	}
}

func (f *frame) enter(r Route, c echo.Context) (leave func(), err error) {
	client, spare := Network(c.RealIP()), f.doors.spare
	if r.feeds(c) {
		return f.doors.feeds.Enter(client)
	}
	if r.Cost == Urgent {
		spare = 0
	}
	leaveRequests, err := f.doors.requests.enter(client, spare)
	if err != nil {
		return nil, err
	}
	door := f.doors.large
	switch {
	case r.Cost == Submission:
		door = f.doors.submissions
	case r.Cost == Large, c.QueryParam("at") != "":
	default:
		return leaveRequests, nil
	}
	leaveDoor, err := door.Enter(client)
	if err != nil {
		leaveRequests()
		return nil, err
	}
	return func() {
		leaveDoor()
		leaveRequests()
	}, nil
}

// Decoding runs f, which decodes a body, once it is its turn: what a body comes to is
// many times its size, and a processor has one in hand at a time. The error is f's, or that
// of the request.
func Decoding(c echo.Context, f func() error) error {
	turns, ctx := RequestOf(c).decoding, c.Request().Context()
	if turns == nil {
		return f() // It came through no frame.
	}
	select {
	case turns <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-turns }()
	return f()
}
