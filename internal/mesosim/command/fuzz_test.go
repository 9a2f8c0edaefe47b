package command_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/command"
)

// FuzzParseDuration: what is taken is taken again as it is written, and is as
// long as it says.
func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"3secs", "100ms", "1.5hrs", "2weeks", "1m30s", "1e300weeks", "nansecs", "-infdays"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := command.ParseDuration(text)
		if err != nil {
			return
		}
		if again, err := command.ParseDuration(d.String()); err != nil || again != d {
			t.Fatalf("%q is %s, which is %s, %v", text, d, again, err)
		}
		if d < 0 && !strings.Contains(text, "-") || d > 0 && strings.HasPrefix(text, "-") {
			t.Fatalf("%q became %s", text, time.Duration(d))
		}
	})
}

// FuzzFlags: no command line crashes a program before it runs.
func FuzzFlags(f *testing.F) {
	f.Add("--allocation_interval=3secs\n--credentials=file:///c\n--zk=zk://h:1/p")
	f.Add("--resources=cpus:4;mem:[1-2]\n--attributes=a:b\n--containerizers=docker,mesos")
	f.Add("--agents=-1\n--faults\n--executor=simulated")
	f.Fuzz(func(_ *testing.T, lines string) {
		for _, cmd := range command.New().Commands() {
			// An error is a fine answer.
			_ = cmd.ParseFlags(strings.Split(lines, "\n"))
		}
	})
}
