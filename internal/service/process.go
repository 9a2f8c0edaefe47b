package service

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Defaults and limits of the settings that all processes have.
const (
	DefaultStartTimeout = 60 * time.Second
	DefaultStopTimeout  = 10 * time.Second
	// NameMax is the longest instance name, in bytes; it stands in every event.
	NameMax = 128
	// hostMax is how much of the host's name goes into a default name.
	hostMax = 64
)

// Process are the settings that all processes have, whatever their role.
type Process struct {
	// Name is the instance, in logs and in every event it writes.
	Name string
	// AdminListen is for health and metrics; InsecureAdminListen lets that be reached from
	// other machines.
	AdminListen         string
	InsecureAdminListen bool
	// Pprof is where profiles are served, nowhere if it is empty; InsecurePprof lets that be
	// reached from other machines.
	Pprof         string
	InsecurePprof bool
	// LogLevel is zerolog's, LogFormat auto, json or console.
	LogLevel, LogFormat string
	// Announce is a file to write the addresses to once they are listened on.
	Announce string
	// StartTimeout is how long what must be there is waited for, StopTimeout
	// how long a stop in good order may take.
	StartTimeout, StopTimeout time.Duration
}

func (p *Process) register(s *Settings, adminPort int) {
	f := s.Flags()
	f.StringVar(&p.Name, "name", "", "`name` of this instance (default <role>-<host>-<pid>)")
	f.StringVar(&p.AdminListen, "admin-listen", fmt.Sprintf("127.0.0.1:%d", adminPort), "`address` of /healthz, /readyz and /metrics; port 0 takes any free one")
	f.BoolVar(&p.InsecureAdminListen, "insecure-admin-listen", false, "let other machines reach --admin-listen: whoever does reads counts, addresses of hosts and why the process is not ready, unencrypted")
	f.StringVar(&p.Pprof, "pprof", "", "`address` of /debug/pprof, a port of its own; port 0 takes any free one, and without it there is none")
	f.BoolVar(&p.InsecurePprof, "insecure-pprof", false, "let other machines reach --pprof: whoever does sees what the process does and can slow it down, unencrypted")
	f.StringVar(&p.LogLevel, "log-level", "info", "`level`: trace, debug, info, warn or error")
	f.StringVar(&p.LogFormat, "log-format", formatAuto, "`format`: json, console, or auto, which is console on a terminal")
	f.StringVar(&p.Announce, "announce", "", "`file` that gets role, name, pid and addresses as JSON once they are listened on")
	f.DurationVar(&p.StartTimeout, "start-timeout", DefaultStartTimeout, "how `long` NATS is waited for before giving up with status 3")
	f.DurationVar(&p.StopTimeout, "stop-timeout", DefaultStopTimeout, "how `long` a stop may take before it is cut short with status 1")
}

// complete fills in the name and refuses what cannot work, all of it at once.
func (p *Process) complete(s *Settings) error {
	var errs []error
	refuse := func(wrong bool, flag, reason string) {
		if wrong {
			errs = append(errs, s.Refuse(flag, reason))
		}
	}
	if p.Name == "" {
		p.Name = defaultName(s.role)
	}
	_, err := zerolog.ParseLevel(p.LogLevel)
	refuse(len(p.Name) > NameMax || strings.ContainsFunc(p.Name, unfitForName), "name",
		fmt.Sprintf("use letters, digits, '-', '_' and '.', %d at most", NameMax))
	refuse(err != nil || p.LogLevel == "", "log-level", "use trace, debug, info, warn or error")
	refuse(!knownFormat(p.LogFormat), "log-format", "use json, console or auto")
	refuse(p.StartTimeout <= 0, "start-timeout", "use more than 0s")
	refuse(p.StopTimeout <= 0, "stop-timeout", "use more than 0s")
	if err := CheckAddress(s, "admin-listen"); err != nil {
		errs = append(errs, err)
	} else {
		refuse(!p.InsecureAdminListen && !Loopback(p.AdminListen), "admin-listen",
			"other machines reach it there, and whoever does reads metrics and the state of this process, unencrypted; use 127.0.0.1, or accept that by --insecure-admin-listen")
	}
	if p.Pprof == "" {
		return errors.Join(errs...)
	}
	if err := CheckAddress(s, "pprof"); err != nil {
		return errors.Join(append(errs, err)...)
	}
	refuse(!p.InsecurePprof && !Loopback(p.Pprof), "pprof",
		"other machines reach it there, and whoever does sees what this process does and can slow it down, unencrypted; use 127.0.0.1, or accept that by --insecure-pprof")
	return errors.Join(errs...)
}

// CheckAddress refuses a setting that is no address to listen on.
func CheckAddress(s *Settings, flag string) error {
	_, port, err := net.SplitHostPort(s.Flags().Lookup(flag).Value.String())
	if err != nil || port == "" {
		return s.Refuse(flag, "want host:port, such as 127.0.0.1:8080, or :8080 for every interface")
	}
	return nil
}

// Loopback reports whether an address to listen on can be reached from this machine alone.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

func unfitForName(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		return false
	}
	return true
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
	return fmt.Sprintf("%s-%s-%d", role, host[:min(len(host), hostMax)], os.Getpid())
}
