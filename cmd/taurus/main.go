package main

import (
	"os"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/wiring/embedded"
	api "github.com/milosgajdos/taurus/services/api/command"
	launcher "github.com/milosgajdos/taurus/services/launcher/command"
	planner "github.com/milosgajdos/taurus/services/planner/command"
	reaper "github.com/milosgajdos/taurus/services/reaper/command"
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
		api.New(),
		planner.New(),
		launcher.New(),
		reaper.New(),
	)
}
