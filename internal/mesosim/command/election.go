package command

import (
	"fmt"
	"os"
	"strings"

	"github.com/milosgajdos/taurus/internal/mesosim/election"
)

// contentOf is the value of a flag, or that of the file which file:// names:
// addresses with passwords should not be on a command line.
func contentOf(flag, value string) (string, error) {
	path := filePath(value)
	if path == value {
		return value, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// electionAt reads a flag that names an election.
func electionAt(flag, value string) (*election.Address, error) {
	a, err := election.ParseAddress(value)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return &a, nil
}
