package restart

import (
	"fmt"
	"regexp"
	"strings"
)

// Unwrapped is what Mesos said with the command lines of docker taken out. The docker
// containerizer wraps what docker said into the whole command line that it ran
// (src/docker/docker.cpp), which would fill the space there is before the cause is
// told; the cause, and what was tried, remain.
func Unwrapped(text string) string {
	return docker().ReplaceAllStringFunc(text, func(said string) string {
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
}

// docker matches an error of the Docker containerizer: the subcommand, the rest
// of the command line, and what was written to standard error.
func docker() *regexp.Regexp {
	return regexp.MustCompile(`(?s)(?:Failed to launch container: )?Failed to run '(?:\S*/)?docker (?:-H \S+ )?(\w+) ?([^']*)': ` +
		`exited with status \d+; stderr='(?:Error response from daemon: )?(.*?)\s*'\s*$`)
}

// Beyond is what a message says beyond the exit status that is told anyway: agents
// word that again.
func Beyond(message string, exit *int) string {
	if exit == nil {
		return message
	}
	for _, noun := range []string{"Container", "Command"} {
		rest, found := strings.CutPrefix(message, fmt.Sprintf("%s exited with status %d", noun, *exit))
		if rest, told := strings.CutPrefix(rest, ": "); found && (told || rest == "") {
			return rest
		}
	}
	return message
}
