// Command taurus-api runs the api of taurus; see package api.
package main

import (
	"os"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/services/api/command"
)

func main() {
	os.Exit(service.Main(command.New()))
}
