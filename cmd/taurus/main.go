// Command taurus is the command line of taurus: a whole taurus on one machine,
// jobs, and what happened; see package cli.
package main

import (
	"os"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/internal/wiring/embedded"
)

func main() {
	os.Exit(app().Main(os.Args[1:]))
}

// app is the command line with every part that `taurus serve` can run.
func app() *cli.App {
	return cli.NewApp(
		natsserver.Command(),
		embedded.MesosMasterCommand(),
		embedded.MesosAgentCommand(),
		wiring.APICommand(),
		wiring.PlannerCommand(),
		wiring.LauncherCommand(),
		wiring.ReaperCommand(),
	)
}
