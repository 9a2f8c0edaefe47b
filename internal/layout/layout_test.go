package layout_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/milosgajdos/taurus"
	root   = "../.."
)

// list runs go list at the root, and returns its lines.
func list(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = root
	var why strings.Builder
	cmd.Stderr = &why
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, why.String())
	}
	return strings.Fields(string(out))
}

// described are the folders that the table in ARCHITECTURE.md names.
func described(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| folder | what is in it |\n")
	if !found {
		t.Fatal("ARCHITECTURE.md has no table of folders")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var folders []string
	for line := range strings.Lines(table) {
		names, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, name := range regexp.MustCompile("`[^`]+`").FindAllString(names, -1) {
			folders = append(folders, strings.TrimSuffix(strings.Trim(name, "`"), "/*"))
		}
	}
	return folders
}

// TestArchitectureTellsOfEveryPackage: of each by itself or with a folder above
// it, but of the folders of internal and internal/core one by one.
func TestArchitectureTellsOfEveryPackage(t *testing.T) {
	folders := described(t)
	for _, f := range folders {
		if _, err := os.Stat(filepath.Join(root, f)); err != nil {
			t.Errorf("ARCHITECTURE.md tells of what is not there: %v", err)
		}
	}
	for _, pkg := range list(t, "work") {
		dir := strings.TrimPrefix(pkg, module+"/")
		if !slices.ContainsFunc(folders, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") }) {
			t.Errorf("ARCHITECTURE.md does not say where %s is", dir)
		}
	}
}

// TestCoreIsPure: the core stands on what reads and writes values, and on
// nothing of taurus that does more.
func TestCoreIsPure(t *testing.T) {
	allowed := []string{
		module + "/internal/core/", module + "/internal/backoff", module + "/internal/job", module + "/internal/levenshtein", module + "/pkg/events",
		module + "/internal/visible", "golang.org/x/text/",
		"github.com/go-json-experiment/json", "github.com/goccy/go-yaml", "github.com/distribution/reference",
		"github.com/opencontainers/go-digest", "github.com/netresearch/go-cron",
	}
	for _, dep := range list(t, "-deps", "./internal/core/...") {
		host, _, _ := strings.Cut(dep, "/")
		if !strings.Contains(host, ".") {
			continue // The standard library; of that the linters let the core import only what does no I/O.
		}
		if !slices.ContainsFunc(allowed, func(p string) bool { return strings.HasPrefix(dep, p) }) {
			t.Errorf("the core depends on %s", dep)
		}
	}
}

// TestProgramsCarryNoServers: the four programs of production have neither the
// embedded NATS nor the embedded Mesos in them, nor what speaks to Docker.
func TestProgramsCarryNoServers(t *testing.T) {
	foreign := []string{
		module + "/internal/mesosim", module + "/internal/wiring/embedded", module + "/internal/allinone",
		"github.com/nats-io/nats-server", "github.com/moby/",
	}
	for _, dep := range list(t, "-deps", "./services/...") {
		if slices.ContainsFunc(foreign, func(p string) bool { return strings.HasPrefix(dep, p) }) {
			t.Errorf("a program of production depends on %s", dep)
		}
	}
}

// TestProgramsCarryOneService: each has its own service in it and no other, and
// only the api what serves users.
func TestProgramsCarryOneService(t *testing.T) {
	roles := []string{"api", "planner", "launcher", "reaper"}
	for _, role := range roles {
		for _, dep := range list(t, "-deps", "./services/"+role+"/cmd/taurus-"+role) {
			rest, ours := strings.CutPrefix(dep, module+"/services/")
			other, _, _ := strings.Cut(rest, "/")
			if ours && other != role || role != "api" && strings.HasPrefix(dep, "github.com/labstack/echo") {
				t.Errorf("taurus-%s depends on %s", role, dep)
			}
		}
	}
}

// TestDialectsKnowNoOther: a dialect of the api can be added, changed and taken
// away without a look at the others; and what they all stand on knows none.
func TestDialectsKnowNoOther(t *testing.T) {
	const api = module + "/services/api/"
	shared := []string{"reader", "web"}
	var dialects []string
	for _, pkg := range list(t, "./services/api/...") {
		name, nested := strings.CutPrefix(pkg, api)
		if nested && !strings.Contains(name, "/") && !slices.Contains(append(shared, "apitest", "command"), name) {
			dialects = append(dialects, name)
		}
	}
	if len(dialects) < 3 {
		t.Fatalf("found the dialects %v", dialects)
	}
	for _, name := range append(shared, dialects...) {
		for _, dep := range list(t, "-deps", "./services/api/"+name) {
			if other := strings.TrimPrefix(dep, api); other != name && slices.Contains(dialects, other) {
				t.Errorf("services/api/%s depends on the dialect %s", name, other)
			}
		}
	}
}

// TestPublicModulesStandAlone: who imports the contract or the log gets no client
// of anything, and who imports the log on JetStream gets that of NATS. What
// taurus is made of nobody gets, for go.work lets modules that are used together
// here import what their go.mod files do not name.
func TestPublicModulesStandAlone(t *testing.T) {
	const events, eventlog, nats = module + "/pkg/events", module + "/pkg/eventlog", module + "/pkg/eventlog/jetstream"
	const encoding = "github.com/go-json-experiment/json"
	for _, c := range []struct {
		packages []string
		allowed  []string
	}{
		{[]string{events}, []string{events, encoding}},
		{[]string{eventlog, eventlog + "/memory", eventlog + "/eventlogtest"}, []string{events, eventlog, encoding}},
		{[]string{nats}, []string{
			events, eventlog, nats, encoding,
			"github.com/nats-io/nats.go", "github.com/nats-io/nkeys", "github.com/nats-io/nuid", "github.com/synadia-io/orbit.go",
			"github.com/klauspost/compress", "golang.org/x/",
		}},
	} {
		for _, dep := range list(t, append([]string{"-deps"}, c.packages...)...) {
			host, _, _ := strings.Cut(dep, "/")
			own := slices.ContainsFunc(c.allowed, func(p string) bool { return strings.HasPrefix(dep, p) })
			if (strings.Contains(host, ".") && !own) || (!strings.HasPrefix(c.packages[0], nats) && (dep == "net/http" || dep == "os/exec")) {
				t.Errorf("%s depends on %s", c.packages[0], dep)
			}
		}
	}
	for _, dep := range list(t, "-deps", "-test", events, eventlog+"/...") {
		if strings.HasPrefix(dep, module+"/") && !strings.HasPrefix(dep, module+"/pkg/") {
			t.Errorf("a module under pkg depends on %s for its tests", dep)
		}
	}
}
