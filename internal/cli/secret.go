package cli

import (
	"os"

	"golang.org/x/term"
)

// secretReader reads a line of a terminal that shows nothing of it; nil if a file is none.
func secretReader(f *os.File) func() (string, error) {
	if !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return func() (string, error) {
		line, err := term.ReadPassword(int(f.Fd()))
		return string(line), err
	}
}
