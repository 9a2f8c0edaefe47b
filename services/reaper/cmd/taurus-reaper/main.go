// Command taurus-reaper runs the reaper of taurus; see package reaper.
package main

import (
	"os"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/services/reaper/command"
)

func main() {
	os.Exit(service.Main(command.New()))
}
