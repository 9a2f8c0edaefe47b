package jetstream

import (
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

const (
	// serverPrefix is what the headers begin with that are between us and the server.
	serverPrefix = "Nats-"
	// headerEmpty is on a message that has nothing else: to a server that hands
	// records from one account to another nothing at all is the end of an answer.
	headerEmpty = serverPrefix + "Taurus-Empty"
)

// encode returns e as NATS sends it, with its expectation.
func encode(e eventlog.Entry) *nats.Msg {
	msg := &nats.Msg{Subject: e.Message.Subject, Data: e.Message.Data, Header: make(nats.Header, len(e.Message.Header)+4)}
	for k, v := range e.Message.Header {
		msg.Header[k] = []string{v}
	}
	if last, ok := e.Expect.Last(); ok {
		msg.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(last, 10))
	}
	if len(e.Message.Header)+len(e.Message.Data) == 0 {
		msg.Header[headerEmpty] = []string{"1"}
	}

	return msg
}

// decodeHeader returns the headers that the writer gave, nil if none.
func decodeHeader(h nats.Header) map[string]string {
	var out map[string]string
	for k, v := range h {
		if len(v) == 0 || reserved(k) {
			continue
		}
		if out == nil {
			out = make(map[string]string, len(h))
		}
		out[k] = v[0]
	}

	return out
}

// reserved reports whether a header is between us and the server.
func reserved(name string) bool {
	return len(name) >= len(serverPrefix) && strings.EqualFold(name[:len(serverPrefix)], serverPrefix)
}

// matches reports whether a subject falls under a pattern with NATS' wildcards.
func matches(pattern, subject string) bool {
	for {
		p, restP, moreP := strings.Cut(pattern, ".")
		if p == ">" {
			return true
		}
		s, restS, moreS := strings.Cut(subject, ".")
		if p != "*" && p != s {
			return false
		}
		if !moreP || !moreS {
			return moreP == moreS
		}
		pattern, subject = restP, restS
	}
}
