package mesos

import (
	"fmt"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/secret"
)

// Secrets are what the tasks of an ACCEPT get that is in no event, by task.
type Secrets map[string]TaskSecrets

// TaskSecrets are those of one task. Mesos carries them to its own containers; what Docker runs gets them as a plain variable, and
// in files that the agent fetches (mesos-v1, section 8.1).
type TaskSecrets struct {
	// Values are those of the secrets, by name.
	Values map[string]secret.Value
	// Archive is the URI of the files for Docker, which can be fetched once; empty if it has none.
	Archive string
}

const (
	// ArchiveFile is what the archive of secrets is called in a sandbox. It ends so that the agent unpacks it.
	ArchiveFile = ".taurus-secrets.tar"
	// secretFiles is the folder, in a sandbox, of those that are mounted elsewhere.
	secretFiles = ".taurus-secrets"
)

// FileInSandbox is where the i-th file with a secret is in the sandbox of a task that Docker runs.
func FileInSandbox(f job.SecretFile, i int) string {
	if f.InSandbox() {
		return f.Path
	}
	return fmt.Sprintf("%s/%d", secretFiles, i)
}

// value is that of a secret, which must be there: without it the task would be another.
func (l *placedTask) value(name string) (secret.Value, error) {
	v, ok := l.secrets.Values[name]
	if !ok {
		return secret.Value{}, fmt.Errorf("%w: secret %s: not there", ErrLaunchInvalid, name)
	}
	return v, nil
}

// secretVariable is a variable with a secret. To Docker Mesos passes no variable on that is of the type of secrets.
func (l *placedTask) secretVariable(name string, of job.Variable) (mesos.Environment_Variable, error) {
	v, err := l.value(of.Secret)
	if err != nil {
		return mesos.Environment_Variable{}, err
	}
	if l.docker() {
		value := string(v.Line())
		return mesos.Environment_Variable{Name: name, Value: &value}, nil
	}
	kind := mesos.Environment_Variable_SECRET
	return mesos.Environment_Variable{Name: name, Type: &kind, Secret: wireSecret(v.Line())}, nil
}

func wireSecret(data []byte) *mesos.Secret {
	return &mesos.Secret{Type: mesos.Secret_VALUE, Value: &mesos.Secret_Value{Data: data}}
}

// secretVolumes are the files: for Docker they are in the sandbox, and those of other paths are mounted from there.
func (l *placedTask) secretVolumes() ([]mesos.Volume, error) {
	if l.docker() && l.Group.Fetches() && l.secrets.Archive == "" {
		return nil, fmt.Errorf("%w: secrets: there is no place to fetch them from", ErrLaunchInvalid)
	}
	var wire []mesos.Volume
	for i, f := range l.Group.Secrets {
		if why := job.CheckSecretPath(f.Path); why != "" {
			return nil, fmt.Errorf("%w: secrets[%d].path: %s", ErrLaunchInvalid, i, why)
		}
		mode := mesos.RO
		volume := mesos.Volume{Mode: &mode, ContainerPath: f.Path}
		switch v, err := l.value(f.Name); {
		case err != nil:
			return nil, err
		case l.docker() && f.InSandbox():
			continue
		case l.docker():
			inSandbox := FileInSandbox(f, i)
			volume.HostPath = &inSandbox
		default:
			kind := mesos.Volume_Source_SECRET
			volume.Source = &mesos.Volume_Source{Type: kind, Secret: wireSecret(v.Bytes())}
		}
		wire = append(wire, volume)
	}
	return wire, nil
}

// credentials are what Mesos pulls the image with; Docker has them in the archive.
func (l *placedTask) credentials() (*mesos.Secret, error) {
	name := l.Group.Container.Credentials()
	if name == "" {
		return nil, nil //nolint:nilnil // Most images need none.
	}
	v, err := l.value(name)
	if err != nil {
		return nil, err
	}
	return wireSecret(v.Bytes()), nil
}

// archive is what the agent fetches before anything else: it can be had for a minute only.
func (l *placedTask) archive() []mesos.CommandInfo_URI {
	if !l.docker() || l.secrets.Archive == "" {
		return nil
	}
	yes, no, name := true, false, ArchiveFile
	return []mesos.CommandInfo_URI{{Value: l.secrets.Archive, Extract: &yes, Executable: &no, Cache: &no, OutputFile: &name}}
}
