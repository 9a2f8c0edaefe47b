package command

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/election"
)

// An address may be in a file, where its password is not seen by everyone.
func TestElectionFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "zk")
	if err := os.WriteFile(file, []byte("zk://u:p@h:1/mesos\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"zk://u:p@h:1/mesos", "file://" + file} {
		a, err := (&masterFlags{zk: value}).election()
		if err != nil || a.Auth != "u:p" || a.Path != "/mesos" || len(a.Servers) != 1 || a.Servers[0] != "h:1" {
			t.Errorf("%s: got %+v, %v", value, a, err)
		}
	}
	if _, err := (&masterFlags{zk: "h:1"}).election(); !errors.Is(err, election.ErrAddress) {
		t.Errorf("not an address: %v", err)
	}
	if _, err := (&masterFlags{zk: "file://" + file + "x"}).election(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
}

func TestProgramsRefuseAWrongElection(t *testing.T) {
	for _, args := range [][]string{
		{"master", "--work_dir=" + t.TempDir(), "--zk=zk://h/mesos"},
		{"agent", "--work_dir=" + t.TempDir(), "--master=zk://h:1"},
	} {
		cmd := New()
		cmd.SetArgs(args)
		if err := cmd.Execute(); !errors.Is(err, election.ErrAddress) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
