package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/projection"
)

// style colours text, on terminals and where nobody objects (no-color.org).
type style struct{ on bool }

func (a *App) style() style {
	return style{on: a.Terminal && a.Getenv("NO_COLOR") == ""}
}

// errStyle is the style of what goes to standard error.
func (a *App) errStyle() style {
	return style{on: a.ErrTerminal && a.Getenv("NO_COLOR") == ""}
}

// The colours, as SGR codes (ECMA-48).
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	faint  = "2"
	bold   = "1"
)

func (s style) paint(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// state colours the state of a job or a task by what it means to its owner.
func (s style) state(state string) string {
	switch strings.ToUpper(state) {
	case "RUNNING", "FINISHED", "COMPLETED":
		return s.paint(green, state)
	case "PENDING", "STAGING", "STARTING", "STOPPING", "KILLING", "AHEAD", "UNHEALTHY":
		return s.paint(yellow, state)
	case "FAILED", "ERROR", "LOST", "GONE", "GONE_BY_OPERATOR", "DROPPED", "UNKNOWN", "UNREACHABLE", "CRASH_LOOPING":
		return s.paint(red, state)
	}
	return s.paint(faint, state)
}

// age is a span in its largest unit, two of them where the first is small.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, d/time.Second))
	case d < 10*time.Minute:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd", d/day)
}

// since is the age of a moment, a dash where there is none.
func (a *App) since(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return age(a.Now().Sub(t))
}

// clock is a time of the day, with the date where it is not today's.
func (a *App) clock(t time.Time) string {
	t, now := t.Local(), a.Now().Local()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// address is where a task is reached: its host, and its ports there.
func address(t projection.Task) string {
	if t.Host == "" {
		return "-"
	}
	if len(t.Ports) == 0 {
		return t.Host
	}
	ports := make([]string, 0, len(t.Ports))
	for _, p := range t.Ports {
		if port := fmt.Sprint(p.Host); !slices.Contains(ports, port) { // One may be for tcp and for udp.
			ports = append(ports, port)
		}
	}
	return t.Host + ":" + strings.Join(ports, ",")
}

// failure is how the attempt before ended, in a few words.
func failure(e *projection.End) string {
	if e == nil {
		return ""
	}
	if e.Summary != "" {
		return clip(e.Summary)
	}
	text := e.State // An older api says no more.
	switch {
	case e.Exit != nil:
		text += fmt.Sprintf(" (exit %d)", *e.Exit)
	case e.Message != "":
		text += ": " + clip(e.Message)
	case e.Reason != "":
		text += ": " + clip(strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(e.Reason, "REASON_"), "_", " ")))
	}
	return text
}

// clip cuts a message to what a column takes. Both ends are kept: what was tried
// is at the one, why it failed at the other.
func clip(text string) string {
	const enough = 80
	text = story.Plain(text)
	if runes := []rune(text); len(runes) > enough {
		return string(runes[:enough/2]) + "…" + string(runes[len(runes)-enough/2+1:])
	}
	return text
}
