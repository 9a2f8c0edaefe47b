package command

import (
	"errors"
	"time"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/services/api"
	v2 "github.com/milosgajdos/taurus/services/api/v2"
	"github.com/milosgajdos/taurus/services/api/web"
)

// limits are how much clients may ask for at once.
type limits struct {
	connections, connectionsEach int
	requests                     web.Limits
	feedBytes, feedsBytes        service.Bytes
	feedPatience                 time.Duration
}

func (l *limits) register(s *service.Settings) {
	l.feedBytes, l.feedsBytes = v2.DefaultFeedBytes, v2.DefaultFeedsBytes
	f := s.Flags()
	f.IntVar(&l.connections, "connections-max", api.DefaultConnections, "`number` of connections at once")
	f.IntVar(&l.connectionsEach, "connections-per-client", api.DefaultConnectionsEach, "`number` of them from one address")
	f.IntVar(&l.requests.Requests, "requests-max", web.DefaultRequests, "`number` of requests under way at once, feeds apart")
	f.IntVar(&l.requests.RequestsEach, "requests-per-client", web.DefaultRequestsEach, "`number` of them from one address")
	f.IntVar(&l.requests.Feeds, "feeds-max", web.DefaultFeeds, "`number` of feeds open at once")
	f.IntVar(&l.requests.FeedsEach, "feeds-per-client", web.DefaultFeedsEach, "`number` of them from one address")
	f.Float64Var(&l.requests.Rate, "requests-per-second", web.DefaultRate, "`number` of requests of one principal in a second, or of one address that does not sign in; stops have as many of their own")
	f.IntVar(&l.requests.RateBurst, "requests-burst", web.DefaultRateBurst, "`number` of them at once, after a while without")
	f.IntVar(&l.requests.FailuresPerMinute, "sign-in-failures-per-minute", web.DefaultFailures, "`number` of credentials of one address that are no good; what is wrong with more is not told")
	f.Var(&l.feedBytes, "feed-max-bytes", "`size` of what one feed holds for its client")
	f.Var(&l.feedsBytes, "feeds-max-bytes", "`size` of what all feeds together hold")
	f.DurationVar(&l.feedPatience, "feed-patience", v2.DefaultFeedPatience, "`time` that a client may take for what its feed holds, before it is cut off")
}

func (l *limits) complete(s *service.Settings) error {
	var errs []error
	atLeast := func(flag string, value, least int64, mend string) {
		if value < least {
			errs = append(errs, s.Refuse(flag, mend))
		}
	}
	for flag, value := range map[string]int{
		"connections-max": l.connections, "connections-per-client": l.connectionsEach,
		"requests-max": l.requests.Requests, "requests-per-client": l.requests.RequestsEach,
		"requests-burst": l.requests.RateBurst, "sign-in-failures-per-minute": l.requests.FailuresPerMinute,
		"feeds-max": l.requests.Feeds, "feeds-per-client": l.requests.FeedsEach,
	} {
		atLeast(flag, int64(value), 1, "use 1 or more")
	}
	if !(l.requests.Rate > 0) {
		errs = append(errs, s.Refuse("requests-per-second", "use more than 0"))
	}
	atLeast("feed-max-bytes", int64(l.feedBytes), 1, "use more than 0")
	atLeast("feeds-max-bytes", int64(l.feedsBytes), int64(l.feedBytes), "use at least --feed-max-bytes")
	atLeast("feed-patience", int64(l.feedPatience), int64(time.Millisecond), "use more than 0")
	return errors.Join(errs...)
}

func (l *limits) apply(o *api.Options) {
	o.Connections, o.ConnectionsEach, o.Requests = l.connections, l.connectionsEach, l.requests
	o.FeedBytes, o.FeedsBytes, o.FeedPatience = int64(l.feedBytes), int64(l.feedsBytes), l.feedPatience
}
