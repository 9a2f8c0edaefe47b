package master

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/election"
	"github.com/milosgajdos/taurus/internal/mesosim/listen"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// Options configure a master. Zero durations and counts mean Mesos' defaults.
type Options struct {
	IP       string // to listen on and to advertise; default 127.0.0.1
	Port     int    // 0: any free one
	Hostname string // to advertise; default the IP
	WorkDir  string // where the registry is kept; required

	AllocationInterval time.Duration
	OfferTimeout       time.Duration // 0: offers do not expire
	PingTimeout        time.Duration
	MaxPingTimeouts    int
	ReregisterTimeout  time.Duration

	// AuthenticateFrameworks asks schedulers for HTTP basic credentials.
	AuthenticateFrameworks bool
	// AuthenticateAgents asks agents for them.
	AuthenticateAgents bool
	// AuthenticateReadOnly asks those who look at the state, and
	// AuthenticateReadWrite operators.
	AuthenticateReadOnly, AuthenticateReadWrite bool
	Credentials                                 map[string]string // secret by principal

	Domain *mesos.DomainInfo
	// MinAllocatable are the least amounts that are offered: those of one set must
	// be there in full. Default 0.01 cpus or 32 MB.
	MinAllocatable []resource.Set
	Roles          []string // that frameworks may have; empty: any
	// Limits are how much is remembered of what is over; nil: Mesos' defaults.
	Limits *core.Limits
	// MaxOperators is how many operators may be subscribed; default 1000. The
	// oldest makes room.
	MaxOperators int
	RejectRoot   bool // refuse frameworks of user root (--root_submissions=false)

	// Files replace WorkDir.
	Files Files
	// Ephemeral keeps no registry, for benchmarks: a master that is started again
	// knows no agents.
	Ephemeral bool
	// InProcess opens no socket: Handler serves clients, Attach agents. IP and
	// Port are only what the master says of itself.
	InProcess bool
	// Seed decides the order of agents in an allocation; zero takes the time.
	Seed uint64

	// Election is where the masters of a cluster elect their leader and keep the
	// registry. Without it this master is the only one, and keeps it in WorkDir.
	Election *election.Address

	// Wrap is put around all endpoints, those of the link to agents included:
	// where tests delay, lose and repeat.
	Wrap func(http.Handler) http.Handler

	// TLS encrypts connections; nil leaves them plain (section 6).
	TLS *listen.TLS

	Log zerolog.Logger
}

// maxOperators is how many operators may be subscribed unless told (7.1).
const maxOperators = 1000

func (o *Options) complete() error {
	if o.WorkDir == "" && o.Files == nil && !o.Ephemeral {
		return fmt.Errorf("%w work_dir: must be set: the registry is kept there", ErrOption)
	}
	if (o.AuthenticateFrameworks || o.AuthenticateAgents || o.AuthenticateReadOnly || o.AuthenticateReadWrite) && len(o.Credentials) == 0 {
		return fmt.Errorf("%w credentials: must be set with authenticate_agents and authenticate_http_frameworks, _readonly and _readwrite", ErrOption)
	}
	if o.IP == "" {
		o.IP = "127.0.0.1"
	}
	if o.Hostname == "" {
		o.Hostname = o.IP
	}
	o.AllocationInterval = orDefault(o.AllocationInterval, core.DefaultAllocationInterval)
	o.PingTimeout = orDefault(o.PingTimeout, core.DefaultPingTimeout)
	o.ReregisterTimeout = orDefault(o.ReregisterTimeout, core.DefaultReregisterTimeout)
	if o.MaxOperators <= 0 {
		o.MaxOperators = maxOperators
	}
	if o.MaxPingTimeouts <= 0 {
		o.MaxPingTimeouts = core.DefaultMaxPingTimeouts
	}
	return nil
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// LoadCredentials reads a file in one of the two forms that Mesos takes.
func LoadCredentials(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	list, err := parseCredentials(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, path)
	}
	return list, nil
}

func parseCredentials(text []byte) (map[string]string, error) {
	var file struct {
		Credentials []struct {
			Principal string `json:"principal"`
			Secret    string `json:"secret"`
		} `json:"credentials"`
	}
	out := map[string]string{}
	if json.Unmarshal(text, &file) == nil {
		for _, c := range file.Credentials {
			out[c.Principal] = c.Secret
		}
		return out, nil
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 2 {
			return nil, ErrCredentials
		}
		out[fields[0]] = fields[1]
	}
	return out, nil
}
