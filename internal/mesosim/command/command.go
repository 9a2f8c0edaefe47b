package command

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// New returns the command line of mesosim.
func New() *cobra.Command {
	root := &cobra.Command{
		Use: "mesosim", Short: "An embedded Mesos: master and agents with the v1 HTTP APIs",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(newMaster(), newAgent(), newCluster())
	return root
}

// common are the flags of master and agent alike.
type common struct {
	ip, hostname, workDir, level string
	port                         int
}

func (c *common) flags(f *pflag.FlagSet, port int) {
	f.StringVar(&c.ip, "ip", "127.0.0.1", "address to listen on and to advertise")
	f.IntVar(&c.port, "port", port, "port to listen on; 0 is any free one")
	f.StringVar(&c.hostname, "hostname", "", "host name to advertise; default is the ip")
	f.StringVar(&c.workDir, "work_dir", "", "directory for what must outlive the process")
	f.StringVar(&c.level, "logging_level", "info", "debug, info, warn (WARNING) or error")
}

func (c *common) log(role string) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(strings.TrimSuffix(strings.ToLower(c.level), "ing")) // WARNING is Mesos' warn
	if err != nil {
		return zerolog.Nop(), fmt.Errorf("logging_level: %w", err)
	}
	out := zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.RFC3339, NoColor: true}
	return zerolog.New(out).Level(level).With().Timestamp().Str("role", role).Logger(), nil
}

// faultsFlag turns the fault switches on (package fault).
func faultsFlag(f *pflag.FlagSet, on *bool) {
	f.BoolVar(on, "faults", false, "serve /mesosim/faults, where tests make calls, events and agents go wrong")
}
