package wiring

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/service"
)

// secretMax is the largest secret that is read from a file, in bytes.
const secretMax = 4 << 10

// Mesos are the settings that say how to talk to masters and agents.
type Mesos struct {
	principal, secretFile string
	ca, cert, key         string
	insecure              bool
	secret                string
	hosts                 string
	// Master says where the masters are. The launcher finds the one that leads by
	// it; the reaper finds that in the log, and asks it only if it is one of them.
	Master string
}

// RegisterMaster declares the setting of the masters.
func (m *Mesos) RegisterMaster(s *service.Settings, def, usage string) {
	s.Flags().StringVar(&m.Master, "master", def, usage)
	s.Alias("master", "MESOS_MASTER")
}

// Register declares the settings, but for that of the masters. What hosts are named
// for differs from role to role.
func (m *Mesos) Register(s *service.Settings, hosts string) {
	m.RegisterPrincipal(s, hosts)
	f := s.Flags()
	f.StringVar(&m.ca, "mesos-ca", "", "PEM `file` of the authorities that Mesos is trusted by; turns TLS on")
	f.StringVar(&m.cert, "mesos-cert", "", "PEM `file` of the certificate to show to Mesos; needs --mesos-key and turns TLS on")
	f.StringVar(&m.key, "mesos-key", "", "PEM `file` of that certificate's key")
	f.BoolVar(&m.insecure, "mesos-insecure", false, "trust any certificate of Mesos; turns TLS on")
}

// RegisterPrincipal declares those of who asks, and whom, for what speaks no TLS of its own.
func (m *Mesos) RegisterPrincipal(s *service.Settings, hosts string) {
	f := s.Flags()
	f.StringVar(&m.principal, "principal", "", "`name` to authenticate to Mesos with; needs --secret-file")
	f.StringVar(&m.secretFile, "secret-file", "", "`file` that holds the principal's secret and nothing else")
	f.StringVar(&m.hosts, "mesos-hosts", "", hosts)
}

// SecretFor is what a master at a base URL is shown: nothing, where it is not named.
func (m *Mesos) SecretFor(base string) (principal, secret string) {
	if !mesos.Named(m.hosts, base) {
		return "", ""
	}
	return m.principal, m.secret
}

// Complete refuses what cannot work.
func (m *Mesos) Complete(s *service.Settings) error {
	if err := m.readSecret(s); err != nil {
		return err
	}
	return m.check(s)
}

func (m *Mesos) readSecret(s *service.Settings) error {
	if m.principal != "" && m.secretFile == "" {
		return s.Refuse("principal", "needs its secret: name the file by --secret-file")
	}
	if m.secretFile == "" {
		return nil
	}
	if m.principal == "" {
		return s.Refuse("secret-file", "needs --principal")
	}
	secret, err := os.ReadFile(m.secretFile)
	if err != nil {
		return s.Refuse("secret-file", "cannot be read: "+err.Error())
	}
	m.secret = string(bytes.TrimRight(secret, "\r\n"))
	if m.secret == "" || len(m.secret) > secretMax {
		return s.Refuse("secret-file", "must hold one secret, of 4 KiB at most")
	}
	return nil
}

// Config is what a client of Mesos is made with.
func (m *Mesos) Config(log zerolog.Logger) mesos.Config {
	return mesos.Config{
		Master:    m.Master,
		Hosts:     m.hosts,
		Principal: m.principal, Secret: m.secret,
		TLS: mesos.TLS{CAFile: m.ca, CertFile: m.cert, KeyFile: m.key, Insecure: m.insecure},
		Log: log,
	}
}

// check refuses what the Mesos client refuses, in the words of the settings.
func (m *Mesos) check(s *service.Settings) error {
	err := m.try()
	var conf *mesos.ConfigError
	if !errors.As(err, &conf) {
		return err
	}
	switch conf.Field {
	case "master":
		return s.Refuse("master", conf.Reason)
	case "hosts":
		return s.Refuse("mesos-hosts", conf.Reason)
	case "principal":
		return s.Refuse("principal", conf.Reason)
	case "secret":
		return s.Refuse("secret-file", conf.Reason)
	case "tls.ca_file":
		return s.Refuse("mesos-ca", conf.Reason)
	case "tls.cert_file":
		return s.Refuse("mesos-cert", conf.Reason+"; name that by --mesos-key")
	}
	return fmt.Errorf("%w: %w", service.ErrUsage, err)
}

// try makes the client that needs most of the settings; it connects to nothing.
func (m *Mesos) try() error {
	if m.Master == "" {
		killer, err := mesos.NewKiller(m.Config(zerolog.Nop()))
		if err == nil {
			killer.Close()
		}
		return err
	}
	client, err := mesos.NewClient(m.Config(zerolog.Nop()))
	if err == nil {
		client.Close()
	}
	return err
}

// Unnamed reports whether no host is named, so that any may be asked and none be
// shown credentials.
func (m *Mesos) Unnamed() bool { return m.Master == "" && m.hosts == "" }

// Credentials reports whether there are some to show.
func (m *Mesos) Credentials() bool { return m.secretFile != "" || m.cert != "" }

// Shown is the list of masters without the user of zk://user:password@hosts.
func (m *Mesos) Shown() string {
	scheme, rest, ok := strings.Cut(m.Master, "://")
	if !ok {
		return m.Master
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	return scheme + "://" + rest
}

// CloseMesos has the connections to Mesos closed once the role has stopped.
func CloseMesos(env *service.Env, closeAll func()) {
	env.OnStop("connections to Mesos", func() error {
		closeAll()
		return nil
	})
}
