// Command taurus-planner runs the planner of taurus; see package planner.
package main

import (
	"os"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/services/planner/command"
)

func main() {
	os.Exit(service.Main(command.New()))
}
