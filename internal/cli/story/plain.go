package story

import (
	"strings"
	"unicode"

	"github.com/milosgajdos/taurus/internal/core/restart"
)

// Plain is what an agent said about a task, in one line, without docker's command
// lines. What would move the cursor or change colours is marked.
func Plain(text string) string {
	text = restart.Unwrapped(text)
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Beyond is what a message says beyond the exit status that is told anyway:
// agents word that again.
func Beyond(message string, exit *int) string {
	return Plain(restart.Beyond(message, exit))
}
