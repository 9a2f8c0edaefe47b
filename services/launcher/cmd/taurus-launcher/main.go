// Command taurus-launcher runs the launcher of taurus; see package launcher.
package main

import (
	"os"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/services/launcher/command"
)

func main() {
	os.Exit(service.Main(command.New()))
}
