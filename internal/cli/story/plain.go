package story

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Plain is what an agent said about a task, in one line. Mesos wraps what Docker
// said into the whole command line that it ran (src/docker/docker.cpp), which
// would fill the space there is before the cause is told; the cause, and what
// was tried, remain. What would move the cursor or change colours is marked.
func Plain(text string) string {
	text = docker().ReplaceAllStringFunc(text, func(said string) string {
		part := docker().FindStringSubmatch(said)
		tried := "docker " + part[1]
		if part[1] == "pull" {
			tried += " " + part[2] // The others have a hundred options.
		}
		if part[3] == "" {
			return tried + " failed"
		}
		return tried + " failed: " + part[3]
	})
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
	if exit != nil && (message == fmt.Sprintf("Container exited with status %d", *exit) ||
		message == fmt.Sprintf("Command exited with status %d", *exit)) {
		return ""
	}
	return Plain(message)
}

// docker matches an error of the Docker containerizer: the subcommand, the rest
// of the command line, and what was written to standard error.
func docker() *regexp.Regexp {
	return regexp.MustCompile(`(?s)(?:Failed to launch container: )?Failed to run '(?:\S*/)?docker (?:-H \S+ )?(\w+) ?([^']*)': ` +
		`exited with status \d+; stderr='(?:Error response from daemon: )?(.*?)\s*'\s*$`)
}
