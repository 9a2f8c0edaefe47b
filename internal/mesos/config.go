package mesos

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Defaults of Config.
const (
	DefaultCallTimeout     = 10 * time.Second
	DefaultHeartbeatMisses = 5
	DefaultEventMax        = 256 << 20
	DefaultEventBuffer     = 256
	DefaultAckConns        = 16
)

// Config says where Mesos is and how to talk to it. Zero values stand for the
// defaults.
type Config struct {
	// Master is "host:port,host:port", a list of http:// or https:// addresses,
	// or "zk://[user:password@]host:port,host:port/path".
	Master string
	// Hosts are patterns of the hosts that may be sent requests, besides the masters
	// of Master and those that ZooKeeper advertises: "[scheme://]host[:port]"
	// separated by commas, where host is a name, "*.name", an address, a network
	// such as "10.0.0.0/8", or "*". Without Hosts and without credentials any may.
	Hosts string
	// Principal and Secret are for HTTP basic authentication; both or neither.
	Principal, Secret string
	// TLS is used for https:// addresses, and makes those without a scheme https.
	TLS TLS
	// CallTimeout bounds one call, and a subscription's wait for SUBSCRIBED.
	CallTimeout time.Duration
	// HeartbeatMisses is how many heartbeat intervals may pass without an event.
	HeartbeatMisses int
	// EventMax is the largest event in bytes.
	EventMax int
	// EventBuffer is how many events wait for their reader before the stream does.
	EventBuffer int
	// AckConns is how many connections carry ACKNOWLEDGE, and KILL.
	AckConns int
	// Transport replaces the network, for tests and benchmarks in one process: it
	// makes a transport of at most conns connections, without a limit at zero.
	Transport func(conns int) http.RoundTripper
	Log       zerolog.Logger

	// masters and guard are made of the rest; masters is nil without Master.
	masters detector
	guard   *guard
}

// TLS says how far masters and agents are trusted.
type TLS struct {
	// CAFile is a PEM file of authorities; empty means the system's.
	CAFile string
	// CertFile and KeyFile are PEM files of the certificate to show, and its key;
	// both or neither. They are read for each handshake, so they may be renewed.
	CertFile, KeyFile string
	// Insecure accepts any certificate.
	Insecure bool
}

func (t TLS) enabled() bool { return t.CAFile != "" || t.CertFile != "" || t.Insecure }

func (t TLS) config() (*tls.Config, error) {
	conf := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: t.Insecure, //nolint:gosec // Asked for by the operator.
	}
	if t.CertFile != "" || t.KeyFile != "" {
		if _, err := t.certificate(nil); err != nil {
			return nil, &ConfigError{Field: "tls.cert_file", Reason: err.Error()}
		}
		conf.GetClientCertificate = t.certificate
	}
	if t.CAFile == "" {
		return conf, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, &ConfigError{Field: "tls.ca_file", Reason: err.Error()}
	}
	conf.RootCAs = x509.NewCertPool()
	if !conf.RootCAs.AppendCertsFromPEM(pem) {
		return nil, &ConfigError{Field: "tls.ca_file", Reason: "holds no PEM certificate"}
	}
	return conf, nil
}

// certificate reads the one to show.
func (t TLS) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("no pair with the key file: %w", err)
	}
	return &pair, nil
}

// ready is the configuration with its defaults, and what it says of TLS.
func (c Config) ready() (Config, *tls.Config, error) {
	c, err := c.withDefaults()
	if err != nil {
		return Config{}, nil, err
	}
	if c.Master != "" {
		if c.masters, err = newDetector(c); err != nil {
			return Config{}, nil, err
		}
	}
	if c.guard, err = newGuard(c, c.masters); err != nil {
		return Config{}, nil, err
	}
	conf, err := c.TLS.config()
	return c, conf, err
}

// withDefaults fills zero values and refuses those that cannot work.
func (c Config) withDefaults() (Config, error) {
	for _, f := range []struct {
		name  string
		value *int
		def   int
	}{
		{"heartbeat_misses", &c.HeartbeatMisses, DefaultHeartbeatMisses},
		{"event_max", &c.EventMax, DefaultEventMax},
		{"event_buffer", &c.EventBuffer, DefaultEventBuffer},
		{"ack_conns", &c.AckConns, DefaultAckConns},
	} {
		if *f.value < 0 {
			return c, &ConfigError{Field: f.name, Reason: fmt.Sprintf("%d is negative; leave it at 0 for %d", *f.value, f.def)}
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if c.CallTimeout < 0 {
		return c, &ConfigError{Field: "call_timeout", Reason: "negative; leave it at 0 for " + DefaultCallTimeout.String()}
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = DefaultCallTimeout
	}
	return c, c.checkCredentials()
}

// checkCredentials refuses what HTTP basic (RFC 7617) or Mesos cannot carry.
func (c Config) checkCredentials() error {
	switch {
	case c.Secret != "" && c.Principal == "":
		return &ConfigError{Field: "principal", Reason: "missing, but there is a secret"}
	case c.Secret == "":
		return nil
	case strings.Contains(c.Principal, ":"):
		return &ConfigError{Field: "principal", Reason: "must not contain ':'"}
	case strings.Contains(c.Secret, ":"):
		return &ConfigError{Field: "secret", Reason: "must not contain ':', Mesos would cut it there"}
	}
	return nil
}

// baseURLs makes "scheme://host:port" of each address of a comma-separated list.
func baseURLs(list string, secure bool) ([]string, error) {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	var bases []string
	for addr := range strings.SplitSeq(list, ",") {
		addr = strings.TrimSpace(addr)
		if !strings.Contains(addr, "://") {
			addr = scheme + "://" + addr
		}
		u, err := url.Parse(addr)
		if err != nil {
			return nil, &ConfigError{Field: "master", Reason: withoutURL(err)}
		}
		if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return nil, &ConfigError{Field: "master", Reason: "takes host and port only; credentials go into principal and secret"}
		}
		if u.Scheme != "http" && u.Scheme != "https" {
			return nil, &ConfigError{Field: "master", Reason: fmt.Sprintf("scheme %q; use host:port, http://, https:// or zk://", u.Scheme)}
		}
		if u.Hostname() == "" || u.Port() == "" {
			return nil, &ConfigError{Field: "master", Reason: fmt.Sprintf("%q needs a host and a port, as in mesos1:5050", addr)}
		}
		bases = append(bases, u.Scheme+"://"+u.Host)
	}
	return bases, nil
}

// withoutURL leaves out of a parser's error the URL, which may hold a password.
func withoutURL(err error) string {
	if bad := new(url.Error); errors.As(err, &bad) {
		return bad.Err.Error()
	}
	return err.Error()
}
