package jetstream

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Defaults of Options.
const (
	// DefaultURL is where nats-server listens when nothing else is said.
	DefaultURL = "nats://127.0.0.1:4222"
	// DefaultStream is the name of the ledger.
	DefaultStream = "TAURUS"
	// DefaultPatience outlasts the election after a stream leader was killed.
	DefaultPatience = 10 * time.Second
	// DefaultAppendTimeout is how long an answer to an append is waited for.
	DefaultAppendTimeout = 5 * time.Second
	// DefaultReadAhead is what one read has asked for and not yet taken, in bytes.
	DefaultReadAhead = 8 << 20
	// MinReadAhead has room for the largest message there may be: the server sends
	// none that is larger than what was asked for.
	MinReadAhead = 2 << 20

	// apiTimeout bounds one JetStream API request: right after a failover some
	// are never answered, so it is short and they are sent again.
	apiTimeout = 2500 * time.Millisecond
	// connectTimeout bounds one attempt to connect.
	connectTimeout = 2 * time.Second

	minWait = 50 * time.Millisecond
	maxWait = time.Second
)

// Kind is what a stream is for.
type Kind int

const (
	// Ledger is a log whose every record matters: nothing is ever dropped, a
	// full log refuses appends, and a missing sequence is an error.
	Ledger Kind = iota
	// Bounded is a log of what may be forgotten: the oldest records give way
	// to new ones, and reading skips what is gone.
	Bounded
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case Ledger:
		return "ledger"
	case Bounded:
		return "bounded"
	}

	return fmt.Sprintf("Kind(%d)", int(k))
}

// Options say which stream to open and how to reach it.
type Options struct {
	// URL is one server or a list separated by commas. Default DefaultURL.
	URL string
	// Name is what the server's own tools call this connection.
	Name string
	// CredentialsFile is a NATS .creds file; it may be empty.
	CredentialsFile string
	// NKeySeed is a file with the seed of a NATS nkey; it may be empty. It is read
	// at each connection, so the key stays out of memory.
	NKeySeed string
	// InboxPrefix begins the subjects that answers come on, without a dot at its end,
	// for servers that allow a user no others. Empty is NATS' own.
	InboxPrefix string
	// User and Password are for servers without credentials; may be empty. Without
	// TLS they go to the servers of URL only, and to none that those speak of.
	User, Password string
	// TLS is nil for a connection in the clear.
	TLS *tls.Config
	// Log is told of every trouble that is waited out, in records that hold the
	// reason under "error". Nil is silent.
	Log *slog.Logger

	// Stream is the name of the stream. Default DefaultStream.
	Stream string
	// Kind is Ledger or Bounded.
	Kind Kind
	// Subjects are what the stream takes. Default "taurus.ev.>".
	Subjects []string
	// Replicas is 1, 3 or 5. 0 makes a new stream with 1 and takes an old one
	// as it is.
	Replicas int
	// MaxBytes limits a new stream, 0 for no limit. One that is there keeps its own,
	// which Resize changes.
	MaxBytes int64
	// Partitions is the count that subjects are made with; it is written into
	// a new stream for good. 0 does not ask for it.
	Partitions int
	// MaxAge and MaxPerSubject are for Bounded only; 0 is no limit. A ledger
	// has neither: a server that forgot a subject takes "expect 0" on it.
	MaxAge        time.Duration
	MaxPerSubject int64

	// Patience is how long an append or a read outlasts a log that cannot be
	// reached before it fails with ErrUnavailable. Default DefaultPatience.
	Patience time.Duration
	// AppendTimeout is how long one answer to an append is waited for, then
	// its outcome is unknown. Default DefaultAppendTimeout.
	AppendTimeout time.Duration
	// ReadAhead bounds what one read has asked for and not yet taken, in bytes: it
	// is held by the server and by this process. At least MinReadAhead, default
	// DefaultReadAhead.
	ReadAhead int

	// denied is what NATS denied the connection.
	denied *denials
}

func (o Options) withDefaults() Options {
	if o.URL == "" {
		o.URL = DefaultURL
	}
	if o.Stream == "" {
		o.Stream = DefaultStream
	}
	if len(o.Subjects) == 0 {
		o.Subjects = []string{"taurus.ev.>"}
	}
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	if o.AppendTimeout == 0 {
		o.AppendTimeout = DefaultAppendTimeout
	}
	if o.ReadAhead == 0 {
		o.ReadAhead = DefaultReadAhead
	}
	o.denied = &denials{}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}

	return o
}

func (o Options) validate() error {
	var errs []error
	if strings.ContainsAny(o.Stream, " .*>/\\\t") {
		errs = append(errs, fmt.Errorf("stream %q: a stream's name has no blanks, dots, wildcards or slashes", o.Stream))
	}
	if o.Replicas < 0 || o.Replicas > 5 {
		errs = append(errs, fmt.Errorf("replicas %d: use 1, 3 or 5", o.Replicas))
	}
	if o.MaxBytes < 0 || o.Partitions < 0 || o.MaxAge < 0 || o.MaxPerSubject < 0 {
		errs = append(errs, errors.New("max bytes, partitions, max age and max per subject are not negative"))
	}
	if o.ReadAhead < MinReadAhead {
		errs = append(errs, fmt.Errorf("read ahead %d: a message may be as large as %d, so use %d or more",
			o.ReadAhead, eventlog.MaxMessage, MinReadAhead))
	}
	if o.Kind == Ledger && (o.MaxAge != 0 || o.MaxPerSubject != 0) {
		errs = append(errs, errors.New("a ledger forgets nothing: max age and max per subject are for a bounded stream"))
	}
	if len(errs) > 0 {
		return fmt.Errorf("jetstream: options: %w", errors.Join(errs...))
	}

	return nil
}
