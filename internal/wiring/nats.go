package wiring

import (
	"crypto/tls"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Defaults of the settings of the log.
const (
	DefaultNATS   = "nats://127.0.0.1:4222"
	DefaultStream = "TAURUS"
	// MaxPayload is the least max_payload that a NATS server needs.
	MaxPayload = jetstream.MaxPayload
)

// What is wrong with --nats; the error that users see names the setting too.
var (
	errURL      = errors.New("want nats://host:port or tls://host:port, several separated by commas")
	errToken    = errors.New("has a user without a password; tokens are not supported, use --nats-creds")
	errTwoUsers = errors.New("names another user than --nats-user or an address before it; all servers take the same")
)

// NATS are the settings that say where the log is and what it is like.
type NATS struct {
	urls            string
	user, password  string
	creds, nkey, ca string
	public          string // The public half of nkey.
	cert, key       string
	stream          string
	replicas        int
	partitions      uint32
	maxBytes        service.Bytes
	tls             *tls.Config

	// leases are those that are open, of the process leasesOf.
	leases   *jetstream.Leases
	leasesOf *service.Env
}

// Register declares the settings.
func (n *NATS) Register(s *service.Settings) {
	f := s.Flags()
	f.StringVar(&n.urls, "nats", DefaultNATS, "NATS servers, `URLs` separated by commas")
	f.StringVar(&n.user, "nats-user", "", "user `name` for NATS")
	f.StringVar(&n.password, "nats-password", "", "`password` for NATS; better in the environment, where ps does not show it")
	s.Secret("nats-password")
	f.StringVar(&n.creds, "nats-creds", "", "NATS credentials `file`, in place of user and password")
	f.StringVar(&n.nkey, "nats-nkey", "", "`file` with the role's own key for NATS, as taurus nats keys makes it; nobody else may read it")
	f.StringVar(&n.ca, "nats-ca", "", "PEM `file` of the authorities that NATS is trusted by; turns TLS on")
	f.StringVar(&n.cert, "nats-cert", "", "PEM `file` of the certificate to show to NATS; needs --nats-key and turns TLS on")
	f.StringVar(&n.key, "nats-key", "", "PEM `file` of that certificate's key")
	f.StringVar(&n.stream, "stream", DefaultStream, "`name` of the log's stream; that of the verdicts has _WHY behind it, that of the audit _AUDIT")
	f.IntVar(&n.replicas, "replicas", 0, "`copies` of the stream: 1, 3 or 5; 0 takes it as it is, and makes it with 1 (taurus log create)")
	f.Uint32Var(&n.partitions, "partitions", events.DefaultPartitions, "`number` of partitions, fixed when the stream is made")
	f.Var(&n.maxBytes, "max-bytes", "`size` limit that the stream is made with, such as 8GiB, 0 for none (taurus log create); taurus log resize changes it later")
}

// Complete refuses what cannot work, all of it at once.
func (n *NATS) Complete(s *service.Settings) error {
	var errs []error
	refuse := func(wrong bool, flag, reason string) {
		if wrong {
			errs = append(errs, s.Refuse(flag, reason))
		}
	}
	if err := n.parseURLs(); err != nil {
		errs = append(errs, s.Refuse("nats", err.Error()))
	}
	refuse(n.user == "" && n.password != "", "nats-password", "needs --nats-user")
	refuse(n.user != "" && n.creds != "", "nats-creds", "does not go with --nats-user: use one of them")
	refuse(n.nkey != "" && (n.user != "" || n.creds != ""), "nats-nkey", "does not go with --nats-user or --nats-creds: use one of them")
	refuse(n.stream == "" || strings.ContainsAny(n.stream, " .*>/\\\t"), "stream", "a stream's name has no blanks, dots, wildcards or slashes")
	refuse(n.replicas != 0 && n.replicas != 1 && n.replicas != 3 && n.replicas != 5, "replicas", "use 1, 3 or 5, or 0 to take the stream as it is")
	refuse(n.partitions == 0, "partitions", "use 1 or more")
	if n.creds != "" {
		if _, err := os.Stat(n.creds); err != nil {
			errs = append(errs, s.Refuse("nats-creds", "cannot be read: "+err.Error()))
		}
	}
	if n.nkey != "" {
		var err error
		if n.public, err = natskeys.Check(n.nkey); err != nil {
			errs = append(errs, s.Refuse("nats-nkey", err.Error()))
		}
	}
	return errors.Join(append(errs, n.loadTLS(s))...)
}

// Stream is the name of the log's stream.
func (n *NATS) Stream() string { return n.stream }

// Partitions is the number of partitions of its subjects.
func (n *NATS) Partitions() uint32 { return n.partitions }

// Space is where the events of a job are.
func (n *NATS) Space() events.Space { return events.NewSpace(n.partitions) }

// parseURLs takes user and password out of the addresses, so that no message
// about an address tells them.
func (n *NATS) parseURLs() error {
	var servers []string
	for part := range strings.SplitSeq(n.urls, ",") {
		u, err := url.Parse(strings.TrimSpace(part))
		if err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return errURL
		}
		if err := n.takeUser(u); err != nil {
			return err
		}
		servers = append(servers, u.String())
	}
	n.urls = strings.Join(servers, ",")
	return nil
}

func (n *NATS) takeUser(u *url.URL) error {
	if u.User == nil {
		return nil
	}
	user := u.User.Username()
	password, ok := u.User.Password()
	if !ok {
		return errToken
	}
	if n.user != "" && (n.user != user || n.password != password) {
		return errTwoUsers
	}
	n.user, n.password, u.User = user, password, nil
	return nil
}
