package service

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Defaults and limits of the settings that all roles have.
const (
	DefaultNATS         = "nats://127.0.0.1:4222"
	DefaultStream       = "TAURUS"
	DefaultPartitions   = 64
	DefaultStartTimeout = 60 * time.Second
	DefaultStopTimeout  = 10 * time.Second
	// NameMax is the longest instance name, in bytes; it stands in every event.
	NameMax = 128
)

// Common are the settings that all roles have.
type Common struct {
	// NATS is one server or a list separated by commas.
	NATS string
	// NATSUser and NATSPassword, or NATSCreds (a file), are for servers that
	// ask; NATSCA is a PEM file of authorities.
	NATSUser, NATSPassword, NATSCreds, NATSCA string
	// Stream is the log. Replicas 0 and MaxBytes 0 take it as it is.
	Stream     string
	Replicas   int
	Partitions uint32
	MaxBytes   Bytes
	// Name is the instance, in logs and in every event it writes.
	Name string
	// AdminListen is for health and metrics.
	AdminListen string
	// LogLevel is zerolog's, LogFormat auto, json or console.
	LogLevel, LogFormat string
	// Announce is a file to write the addresses to once they are listened on.
	Announce string
	// StartTimeout is how long NATS is waited for, StopTimeout how long a stop
	// in good order may take.
	StartTimeout, StopTimeout time.Duration
}

// Register defines the flags of c, with adminPort as the default of its role.
func (c *Common) Register(s *Settings, adminPort int) {
	f := s.Flags()
	f.StringVar(&c.NATS, "nats", DefaultNATS, "NATS servers, `URLs` separated by commas")
	f.StringVar(&c.NATSUser, "nats-user", "", "user `name` for NATS")
	f.StringVar(&c.NATSPassword, "nats-password", "", "`password` for NATS; better in the environment, where ps does not show it")
	s.Secret("nats-password")
	f.StringVar(&c.NATSCreds, "nats-creds", "", "NATS credentials `file`, in place of user and password")
	f.StringVar(&c.NATSCA, "nats-ca", "", "PEM `file` of the authorities that NATS is trusted by; turns TLS on")
	f.StringVar(&c.Stream, "stream", DefaultStream, "`name` of the log's stream; the verdicts' is called the same with _WHY")
	f.IntVar(&c.Replicas, "replicas", 0, "`copies` of the stream: 1, 3 or 5; 0 makes a new one with 1 and takes an old one as it is")
	f.Uint32Var(&c.Partitions, "partitions", DefaultPartitions, "`number` of partitions, fixed when the stream is made")
	f.Var(&c.MaxBytes, "max-bytes", "`size` limit of the stream, such as 8GiB; 0 makes a new one without and takes an old one as it is")
	f.StringVar(&c.Name, "name", "", "`name` of this instance (default <role>-<host>-<pid>)")
	f.StringVar(&c.AdminListen, "admin-listen", fmt.Sprintf("127.0.0.1:%d", adminPort), "`address` of /healthz, /readyz and /metrics; port 0 takes any free one")
	f.StringVar(&c.LogLevel, "log-level", "info", "`level`: trace, debug, info, warn or error")
	f.StringVar(&c.LogFormat, "log-format", formatAuto, "`format`: json, console, or auto, which is console on a terminal")
	f.StringVar(&c.Announce, "announce", "", "`file` that gets role, name, pid and addresses as JSON once they are listened on")
	f.DurationVar(&c.StartTimeout, "start-timeout", DefaultStartTimeout, "how `long` NATS is waited for before giving up with status 3")
	f.DurationVar(&c.StopTimeout, "stop-timeout", DefaultStopTimeout, "how `long` a stop may take before it is cut short with status 1")
}

// Complete fills in the name and refuses what cannot work, all of it at once.
func (c *Common) Complete(s *Settings) error {
	var errs []error
	refuse := func(wrong bool, flag, reason string) {
		if wrong {
			errs = append(errs, s.Refuse(flag, reason))
		}
	}
	if c.Name == "" {
		c.Name = defaultName(s.role)
	}
	_, levelErr := zerolog.ParseLevel(c.LogLevel)
	refuse(strings.TrimSpace(c.NATS) == "", "nats", "give at least one server, such as "+DefaultNATS)
	refuse(c.NATSUser == "" && c.NATSPassword != "", "nats-password", "needs --nats-user")
	refuse(c.NATSUser != "" && c.NATSCreds != "", "nats-creds", "goes without --nats-user: use one of them")
	refuse(c.Stream == "" || strings.ContainsAny(c.Stream, " .*>/\\\t"), "stream", "a stream's name has no blanks, dots, wildcards or slashes")
	refuse(c.Replicas != 0 && c.Replicas != 1 && c.Replicas != 3 && c.Replicas != 5, "replicas", "use 1, 3 or 5, or 0 to take the stream as it is")
	refuse(c.Partitions == 0, "partitions", "use 1 or more")
	refuse(len(c.Name) > NameMax || strings.ContainsFunc(c.Name, unfitForName), "name",
		fmt.Sprintf("use letters, digits, '-', '_' and '.', %d at most", NameMax))
	refuse(levelErr != nil || c.LogLevel == "", "log-level", "use trace, debug, info, warn or error")
	refuse(!knownFormat(c.LogFormat), "log-format", "use json, console or auto")
	refuse(c.StartTimeout <= 0, "start-timeout", "use more than 0s")
	refuse(c.StopTimeout <= 0, "stop-timeout", "use more than 0s")
	errs = append(errs, CheckAddress(s, "admin-listen"))
	return errors.Join(errs...)
}

// CheckAddress refuses a setting that is no address to listen on.
func CheckAddress(s *Settings, flag string) error {
	if _, _, err := net.SplitHostPort(s.Flags().Lookup(flag).Value.String()); err != nil {
		return s.Refuse(flag, "want host:port, such as 127.0.0.1:8080, or :8080 for every interface")
	}
	return nil
}

func unfitForName(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
}

// defaultName tells instances apart on one host and on many.
func defaultName(role string) string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	host = strings.Map(func(r rune) rune {
		if unfitForName(r) {
			return '-'
		}
		return r
	}, host)
	return fmt.Sprintf("%s-%s-%d", role, host[:min(len(host), 64)], os.Getpid())
}
