package job

import (
	"strings"
	"unicode/utf8"

	"github.com/distribution/reference"
)

// container checks what runs and in which surroundings.
func (c *checker) container(at string, container *Container) {
	if container.Containerizer != "" {
		c.oneOf(join(at, "containerizer"), container.Containerizer, ContainerizerDocker, ContainerizerMesos)
	}
	c.image(join(at, "image"), container)
	c.command(join(at, "command"), container.Command)
	c.volumes(join(at, "volumes"), container)
	c.name(join(at, "network"), container.Network)
	c.parameters(join(at, "parameters"), container.Parameters)
	c.credentials(join(at, "registry_credentials"), container)
	if container.ByMesos() {
		c.byMesos(at, container)
	}
}

// byMesos refuses what only Docker does: Mesos would leave it out without a word.
func (c *checker) byMesos(at string, container *Container) {
	process := container.Image == ""
	if process && container.Command.IsZero() {
		c.fault(join(at, "command"), `is missing; without an image there is nothing to run else`)
	}
	if process && len(container.Volumes) > 0 {
		c.fault(join(at, "volumes"), "a command without an image sees the files of the host where they are; remove them, or name an image")
	}
	if network := container.Network; network != NetworkHost {
		c.fault(join(at, "network"), `%s is a network of Docker's, and the containerizer "mesos" leaves a task on that of the host; leave it out`, quote(network))
	}
	if process && container.ForcePull {
		c.fault(join(at, "force_pull"), "there is no image to pull; remove it")
	}
	if container.Privileged {
		c.fault(join(at, "privileged"), `is for Docker, and the containerizer "mesos" does not know it; remove it`)
	}
	if len(container.Parameters) > 0 {
		c.fault(join(at, "parameters"), `are options of docker run, which the containerizer "mesos" does not call; remove them`)
	}
}

// image checks a Docker image reference by Docker's own grammar.
func (c *checker) image(at string, container *Container) {
	image := container.Image
	switch {
	case image != "":
	case container.ByMesos():
		return
	case !container.Command.IsZero():
		c.fault(at, `is missing; name a Docker image such as "nginx:1.27", or set containerizer to "mesos" to run the command on the host, without one`)
		return
	default:
		c.fault(at, `is missing; name a Docker image such as "nginx:1.27"`)
		return
	}
	if _, err := reference.ParseNormalizedNamed(image); err != nil {
		c.fault(at, "%s is no Docker image: %s", quote(image), err)
	}
}

// command checks a list of arguments or a shell line. Newlines are fine in
// either, a zero byte is not: no process can be given one.
func (c *checker) command(at string, command Command) {
	if len(command.Args) > 0 && command.Shell != "" {
		c.fault(at, "is both a list and a shell line; give one of them")
	}
	if !c.atMost(at, len(command.Args), c.lim.CommandArgs) {
		return
	}
	total := len(command.Shell)
	c.argument(at, command.Shell)
	for i, arg := range command.Args {
		total += len(arg)
		c.argument(index(at, i), arg)
	}
	if len(command.Args) > 0 && command.Args[0] == "" {
		c.fault(index(at, 0), "is empty; the first argument names the program")
	}
	if total > c.lim.CommandBytes {
		c.fault(at, "is %d bytes; make it at most %d", total, c.lim.CommandBytes)
	}
}

// argument checks what becomes a string of a process.
func (c *checker) argument(at, text string) {
	switch {
	case strings.ContainsRune(text, 0):
		c.fault(at, "has a zero byte; remove it")
	case !utf8.ValidString(text):
		c.fault(at, "is not valid UTF-8; send it as UTF-8")
	}
}

// refusedParameter says why an option of docker run cannot be given.
func refusedParameter(key string) string {
	switch key {
	case "name":
		return "the agent finds its containers by the name it gives them"
	case "cidfile", "detach", "d", "rm", "restart":
		return "the agent starts and removes containers itself"
	}
	return ""
}

// parameters checks further options of docker run.
func (c *checker) parameters(at string, parameters []Parameter) {
	if !c.atMost(at, len(parameters), c.lim.Parameters) {
		return
	}
	for i, p := range parameters {
		key := join(index(at, i), "key")
		why := refusedParameter(p.Key)
		switch {
		case p.Key == "":
			c.fault(key, `is missing; name an option of docker run such as "ulimit"`)
		case strings.HasPrefix(p.Key, "-"):
			c.fault(key, "%s must be written without dashes in front", quote(p.Key))
		case why != "":
			c.fault(key, "%s cannot be set: %s; remove it", quote(p.Key), why)
		default:
			c.name(key, p.Key)
		}
		c.text(join(index(at, i), "value"), p.Value, c.lim.TextBytes)
	}
}
