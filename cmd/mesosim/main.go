package main

import (
	"fmt"
	"os"

	"github.com/milosgajdos/taurus/internal/mesosim/command"
)

func main() {
	if err := command.New().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "mesosim:", err)
		os.Exit(1)
	}
}
