package embedded

import (
	"context"
	"errors"
	"net"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/service"
)

const (
	// MasterPort is where a master serves health and metrics by default; its
	// own /metrics/snapshot is Mesos'.
	MasterPort = 8086
	// DefaultMasterListen is where a Mesos master listens.
	DefaultMasterListen = "127.0.0.1:5050"
)

// masterSettings are those of a master.
type masterSettings struct {
	listen, credentials string
	opts                master.Options
}

// MesosMasterCommand runs an embedded Mesos master.
func MesosMasterCommand() *cobra.Command {
	var m masterSettings
	return service.Command(service.Definition{
		Role:  "mesos-master",
		Short: "Run the embedded Mesos master",
		Long: `A Mesos master for development and tests, which speaks the v1 scheduler and
operator APIs. It keeps its registry in --work-dir.`,
		AdminPort: MasterPort,
		Register:  m.register,
		Complete:  m.complete,
		Build: func(_ context.Context, env *service.Env) (service.Runner, error) {
			m.opts.Log = env.Logger
			s, err := master.New(m.opts)
			if err != nil {
				return nil, err
			}
			env.Tell("work_dir", m.opts.WorkDir)
			return serving{s}, nil
		},
	})
}

func (m *masterSettings) register(s *service.Settings) {
	f := s.Flags()
	f.StringVar(&m.listen, "listen", DefaultMasterListen, "`address` of the APIs, an IP and a port; port 0 takes any free one")
	f.StringVar(&m.opts.Hostname, "hostname", "", "`host` to advertise (default the IP of --listen)")
	f.StringVar(&m.opts.WorkDir, "work-dir", "", "`directory` that the registry is kept in; required")
	f.StringVar(&m.credentials, "credentials", "", "`file` of principals and secrets, as Mesos takes it; whoever comes must authenticate then: frameworks, agents, operators, and those who look")
}

func (m *masterSettings) complete(s *service.Settings) error {
	var errs []error
	if m.opts.WorkDir == "" {
		errs = append(errs, s.Refuse("work-dir", "is missing: name the directory to keep the registry in"))
	}
	var err error
	if m.opts.IP, m.opts.Port, err = ipPort(s, m.listen); err != nil {
		errs = append(errs, err)
	}
	if m.credentials != "" {
		m.opts.AuthenticateFrameworks, m.opts.AuthenticateAgents = true, true
		m.opts.AuthenticateReadOnly, m.opts.AuthenticateReadWrite = true, true
		if m.opts.Credentials, err = master.LoadCredentials(m.credentials); err != nil {
			errs = append(errs, s.Refuse("credentials", err.Error()))
		}
	}
	return errors.Join(errs...)
}

// ipPort takes --listen apart, as Mesos advertises the IP it listens on.
func ipPort(s *service.Settings, listen string) (string, int, error) {
	host, digits, err := net.SplitHostPort(listen)
	if err != nil || net.ParseIP(host) == nil {
		return "", 0, s.Refuse("listen", "want an IP and a port, such as 127.0.0.1:5050")
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", 0, s.Refuse("listen", "the port is no number from 0 to 65535")
	}
	return host, int(port), nil
}

// server is an embedded master or agent.
type server interface {
	Run(ctx context.Context) error
	Addr() string
}

// serving is a server that is ready for as long as it serves.
type serving struct{ server }

// Ready implements service.Runner.
func (serving) Ready() error { return nil }
