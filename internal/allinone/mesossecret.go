package allinone

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

// mesosPrincipal is who launcher and reaper are to the master.
const mesosPrincipal = "taurus"

// mesosSecret is the file of what they show.
func mesosSecret(data string) string { return filepath.Join(Keys(data), RoleMaster, "secret") }

// mesosCredentials is the file of what the master holds it against.
func mesosCredentials(data string) string {
	return filepath.Join(Keys(data), RoleMaster, "credentials")
}

// MakeMesosSecret sees to it that the master of a data directory takes frameworks from who
// can read that directory alone: whoever has one start tasks is bound by no policy.
//
// The credentials come last, by which the layout knows that both are there. A directory that
// had a log before it had these stays without: Mesos lets no framework that has tasks change
// its principal.
func MakeMesosSecret(data string) error {
	if err := os.MkdirAll(filepath.Dir(mesosSecret(data)), 0o700); err != nil {
		return fmt.Errorf("secret of the mesos-master: %w", err)
	}
	secret, err := os.ReadFile(mesosSecret(data))
	if errors.Is(err, fs.ErrNotExist) {
		secret = []byte(rand.Text() + "\n")
		err = atomicfile.Replace(mesosSecret(data), secret)
	}
	if err == nil {
		text := mesosPrincipal + " " + strings.TrimSpace(string(secret)) + "\n"
		err = atomicfile.Replace(mesosCredentials(data), []byte(text))
	}
	if err != nil {
		return fmt.Errorf("secret of the mesos-master: %w", err)
	}
	return nil
}

// mesosArgs have master and agents ask for the secret, and agents show it, if there is one.
func (l Layout) mesosArgs() []string {
	if !l.hasMesosSecret() {
		return nil
	}
	return []string{"--credentials", mesosCredentials(l.Data)}
}

// frameworkArgs say where the master is, and have the secret shown to it, if there is one.
func (l Layout) frameworkArgs(s Seats) []string {
	args := []string{"--master", s.Peer(RoleMaster)}
	return append(args, l.principalArgs()...)
}

// readerArgs have the secret shown to the agents, which ask who reads their files.
func (l Layout) readerArgs() []string {
	args := l.principalArgs()
	if args == nil {
		return nil
	}
	return append(args, "--mesos-hosts", "127.0.0.1")
}

// MesosReader are the variables by which a command on this machine shows the secret of a data
// directory to its master, if there is one.
func MesosReader(data string) map[string]string {
	if !(Layout{Data: data}).hasMesosSecret() {
		return nil
	}
	return map[string]string{
		"TAURUS_PRINCIPAL": mesosPrincipal, "TAURUS_SECRET_FILE": mesosSecret(data), "TAURUS_MESOS_HOSTS": "127.0.0.1",
	}
}

// principalArgs have a part show the secret, if there is one.
func (l Layout) principalArgs() []string {
	if !l.hasMesosSecret() {
		return nil
	}
	return []string{"--principal", mesosPrincipal, "--secret-file", mesosSecret(l.Data)}
}

func (l Layout) hasMesosSecret() bool {
	_, err := os.Stat(mesosCredentials(l.Data))
	return err == nil
}
