package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// secretMode is that of a file with a secret. In Mesos it is 0644, of root, behind a mount that cannot be written.
const secretMode = 0o444

// Why a container with secrets is not launched, in the words of Mesos' isolator volume/secret.
var (
	errReference  = errors.New("Default resolver only supports secrets of type VALUE") //nolint:staticcheck // The text of Mesos.
	errSecretPath = errors.New("does not exist")
)

// putSecrets writes the secrets among the volumes of a task into its sandbox, as an agent does that has the isolator volume/secret. Any
// other volume is refused.
func putSecrets(t executor.Task) error {
	for _, v := range t.Info.GetContainer().GetVolumes() {
		if v.Source == nil || v.Source.Type != mesos.Volume_Source_SECRET {
			return ErrVolumes
		}
		data, err := resolve(v.Source.Secret)
		switch {
		case err != nil:
			return err
		case !filepath.IsLocal(v.ContainerPath):
			return fmt.Errorf("Absolute container path '%s' %w", v.ContainerPath, errSecretPath) //nolint:staticcheck // The text of Mesos.
		}
		if err := putSecret(t.Run.Sandbox, v.ContainerPath, data); err != nil {
			return err
		}
	}
	return nil
}

func putSecret(sandbox, path string, data []byte) error {
	root, err := os.OpenRoot(sandbox)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := root.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return root.WriteFile(path, data, secretMode)
}

// resolve is what Mesos' own resolver makes of a secret.
func resolve(s *mesos.Secret) ([]byte, error) {
	if s == nil || s.Type != mesos.Secret_VALUE {
		return nil, errReference
	}
	return s.GetValue().GetData(), nil
}

// valueOf is what a task finds in a variable; that of a secret is what an agent with the isolator environment_secret puts there.
func valueOf(v mesos.Environment_Variable) string {
	if v.GetType() != mesos.Environment_Variable_SECRET {
		return v.GetValue()
	}
	data, err := resolve(v.Secret)
	if err != nil {
		return ""
	}
	return string(data)
}
