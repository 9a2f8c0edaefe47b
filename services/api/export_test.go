package api

import "time"

// SetHeartbeat changes how often idle feeds are written to. Call it before any
// feed is opened.
func SetHeartbeat(s *Service, every time.Duration) { s.heartbeat = every }

// SetSettleWait changes how long the log is given to show what took a race.
func SetSettleWait(s *Service, wait time.Duration) { s.settleWait = wait }

// SetReadTimeout changes how long a request may take to arrive. Call it before Run.
func SetReadTimeout(s *Service, bound time.Duration) { s.readTimeout = bound }

// SetFeedWriteTimeout changes how long a client of a feed may take nothing. Call
// it before any feed is opened.
func SetFeedWriteTimeout(s *Service, bound time.Duration) { s.feedWriteTimeout = bound }
