package job

import (
	"path"
	"regexp"
	"slices"
)

// octalMode is that of a file: three octal digits.
var octalMode = regexp.MustCompile(`^0?[0-7]{3}$`)

// secrets checks the files with secrets, and how many secrets there are in all.
func (c *checker) secrets(group string, g *Group) {
	at := join(group, "secrets")
	if !c.atMost(at, len(g.Secrets), c.lim.Secrets) {
		return
	}
	if n := len(g.SecretNames()); n > c.lim.Secrets {
		c.fault(at, "and env name %d secrets; make it at most %d", n, c.lim.Secrets)
	}
	seen := map[string]int{}
	for i, f := range g.Secrets {
		here := index(at, i)
		if why := CheckSecretName(f.Name); why != "" {
			c.fault(join(here, "name"), "%s", why)
		}
		if why := CheckSecretPath(f.Path); why != "" {
			c.fault(join(here, "path"), "%s", why)
		} else {
			c.secretPlace(join(here, "path"), f, g)
		}
		if first, ok := seen[f.Path]; ok && f.Path != "" {
			c.fault(join(here, "path"), "%s is also that of %s; put one secret there", quote(f.Path), index(at, first))
		}
		seen[f.Path] = i
		c.secretMode(join(here, "mode"), f, g)
		c.text(join(here, "path"), f.Path, c.lim.TextBytes)
	}
}

// credentials checks what the image is pulled with.
func (c *checker) credentials(at string, k *Container) {
	if k.RegistryCredentials == nil {
		return
	}
	if why := CheckSecretName(k.Credentials()); why != "" {
		c.fault(join(at, "secret"), "%s", why)
	}
	if k.Image == "" {
		c.fault(at, "there is no image to pull; remove it")
	}
}

// secretPlace checks that nothing else is where the file goes, and that somebody can put it there.
func (c *checker) secretPlace(at string, f SecretFile, g *Group) {
	k := g.Container
	if k == nil {
		return
	}
	bound := func(v Volume) bool { return path.Clean(v.ContainerPath) == f.Path }
	switch {
	case f.Path == RegistryFile && k.Credentials() != "":
		c.fault(at, "%s is where registry_credentials go; use another", quote(f.Path))
	case slices.ContainsFunc(k.Volumes, bound):
		c.fault(at, "%s is also where a volume is bound; use another", quote(f.Path))
	case k.ByMesos() && k.Image == "" && !f.InSandbox():
		c.fault(at, "%s is on the host, as a process has no image; give a path in the sandbox, such as key.pem", quote(f.Path))
	}
}

// secretMode checks who may read the file. Mesos' own containers have no say in it.
func (c *checker) secretMode(at string, f SecretFile, g *Group) {
	switch {
	case f.Mode == "":
	case !octalMode.MatchString(f.Mode):
		c.fault(at, `must be three octal digits such as "0400", is %s`, quote(f.Mode))
	case g.Container.ByMesos():
		c.fault(at, "is Mesos' to choose with the containerizer mesos: any user of the container may read the file; remove it")
	case f.Perm()&0o400 == 0:
		c.fault(at, "%s lets not even its owner read the file; use 0400", quote(f.Mode))
	case f.Perm()&0o022 != 0:
		c.fault(at, "%s lets others write the file; the agent takes such bits away, so use 0644 or less", quote(f.Mode))
	}
}
