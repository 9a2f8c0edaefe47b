package job_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestModesOfVolumes: ro and rw in any case, and everything else refused in words that lead
// to what was meant: no volume is writable that was to be read-only.
func TestModesOfVolumes(t *testing.T) {
	const path = "tasks[0].container.volumes[0].mode"
	docker := func(mode string) string {
		return `"` + mode + `" is for Docker alone, and Mesos passes only "ro" or "rw" on; use one of these, ` +
			`or give the volume as an option of docker run, {"key": "volume", "value": "/srv/vol:/v:` + mode + `"} in parameters`
	}
	for mode, want := range map[string]string{
		"": "", "ro": "ro", "RO": "ro", "Ro": "ro", "rO": "ro", "rw": "rw", "RW": "rw", "Rw": "rw",
		"Read-Only": `"Read-Only" is not known; use "ro" or "rw"`, "readonly": `"readonly" is not known; use "ro" or "rw"`, "r": `"r" is not known; use "ro" or "rw"`,
		" ro": `" ro" is not known; use "ro" or "rw"`, "ro ": `"ro " is not known; use "ro" or "rw"`, "RO\n": `"RO\n" is not known; use "ro" or "rw"`,
		"ro,ro": `"ro,ro" is not known; use "ro" or "rw"`, "ro,bind": `"ro,bind" is not known; use "ro" or "rw"`,
		" ": `" " is not known; use "ro" or "rw"`, "write": `"write" is not known; use "ro" or "rw"`, "rw,rw": `"rw,rw" is not known; use "ro" or "rw"`,
		"0": `"0" is not known; use "ro" or "rw"`, "r0": `"r0" is not known; use "ro" or "rw"`, ",": `"," is not known; use "ro" or "rw"`,
		"ro,Z": docker("ro,Z"), "z": docker("z"), "rw,shared": docker("rw,shared"), "rslave": docker("rslave"), "cached": docker("cached"),
		"delegated,ro": docker("delegated,ro"), "nocopy": docker("nocopy"), "ro, z": docker("ro, z"), "rprivate": docker("rprivate"),
		strings.Repeat("é", 40): `"` + strings.Repeat("é", 30) + `..." is not known; use "ro" or "rw"`,
	} {
		spec := good()
		spec.Tasks[0].Container.Volumes = []job.Volume{{ContainerPath: "/v", HostPath: "/srv/vol", Mode: mode}}
		spec.Normalise()
		err := spec.Validate(job.DefaultLimits())
		if want == "" || want == "ro" || want == "rw" {
			if got := spec.Tasks[0].Container.Volumes[0]; err != nil || got.Mode != want || got.ReadOnly() != (want == "ro") {
				t.Errorf("%q is %+v, %v; want %q", mode, got, err, want)
			}
			continue
		}
		var faults job.Faults
		if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Path != path || faults[0].Message != want {
			t.Errorf("%q: %v\nwant %s: %s", mode, err, path, want)
		}
	}
}

// TestNoModeIsMountedWithLessProtection: whatever is written, a volume that is taken is
// writable only if it says so, or says nothing.
func TestNoModeIsMountedWithLessProtection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ ,]?[rR]?[oOwW]?(,[zZ])?[ ,]?`)).Draw(t, "mode")
		spec := good()
		spec.Tasks[0].Container.Volumes = []job.Volume{{ContainerPath: "/v", HostPath: "/srv/vol", Mode: mode}}
		spec.Normalise()
		writable := !spec.Tasks[0].Container.Volumes[0].ReadOnly()
		if spec.Validate(job.DefaultLimits()) == nil && writable && mode != "" && !strings.EqualFold(mode, "rw") {
			t.Fatalf("%q is writable", mode)
		}
	})
}
