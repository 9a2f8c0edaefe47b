package job

import (
	"fmt"
	"unicode/utf8"
)

// healthCommandWords is how much of a check's command is told, in bytes.
const healthCommandWords = 60

// Words are the check in a few of them: "http 8080 /health", "tcp 5432", "command nc -z
// localhost 80". It is meant for a check that is normalised.
func (h *HealthCheck) Words() string {
	switch h.Type {
	case HealthHTTP:
		return fmt.Sprintf("http %d %s", h.Port, h.Path)
	case HealthTCP:
		return fmt.Sprintf("tcp %d", h.Port)
	case HealthCommand:
		return "command " + clipped(h.Command)
	}
	return h.Type
}

func clipped(text string) string {
	if len(text) <= healthCommandWords {
		return text
	}
	end := healthCommandWords
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
