package policy_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/policy"
)

func docs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDocsNameEveryField, and what is harmless.
func TestDocsNameEveryField(t *testing.T) {
	t.Parallel()
	text := docs(t)
	for _, name := range policy.Fields() {
		field := name[strings.LastIndexByte(name, '.')+1:]
		if !strings.Contains(text, "`"+field+"`") && !strings.Contains(text, "| `"+field+"` |") && field != "rules" && field != "quotas" {
			t.Errorf("docs/policy.md does not name %s", name)
		}
	}
	var names []string
	for _, p := range policy.Harmless() {
		names = append(names, "`"+p.Name+"`")
		for _, value := range p.Values {
			if !strings.Contains(text, "`"+value+"`") {
				t.Errorf("docs/policy.md does not name the value %s of %s", value, p.Name)
			}
		}
	}
	if all := "By default: " + strings.Join(names, ", ") + "."; !strings.Contains(text, all) {
		t.Errorf("docs/policy.md does not say %q", all)
	}
	if policy.SizeMax != 64<<10 || !strings.Contains(text, "at most 64 KiB") {
		t.Error("docs/policy.md tells another size")
	}
}

// TestTheExampleOfTheDocs is a policy, and says what it seems to.
func TestTheExampleOfTheDocs(t *testing.T) {
	t.Parallel()
	var lines []string
	for line := range strings.Lines(docs(t)) {
		code, indented := strings.CutPrefix(line, "    ")
		if !indented && line != "\n" && len(lines) > 0 {
			break
		}
		if indented {
			lines = append(lines, code)
		}
	}
	p := decoded(t, strings.Join(lines, ""))
	if len(p.Rules) != 3 || len(p.Quotas) != 2 {
		t.Fatalf("%+v", p)
	}
	watch := spec(t, "infra/watch", "container: {image: nginx, network: host, volumes: [{container_path: /host/proc, host_path: /proc, mode: ro}]}")
	admin := access.Principal{Name: "ann", Roles: []string{"admin"}}
	if got := p.Check(admin, watch); len(got) != 0 {
		t.Errorf("an admin: %v", got)
	}
	if got := p.Check(access.Principal{Name: "bob"}, watch); len(got) != 2 || got[0].Rule != "others" {
		t.Errorf("another: %v", got)
	}
	if got := p.Held(watch); len(got) != 0 {
		t.Errorf("when it is planned: %v", got)
	}
	shop := spec(t, "shop/web", "container: {image: 'nginx:1.27', parameters: [{key: user, value: '1000'}, {key: label, value: a=b}, {key: sysctl, value: net.core.somaxconn=9}]}, constraints: [{attribute: rack, operator: is, value: r1}]")
	if got := p.Check(admin, shop); len(got) != 0 {
		t.Errorf("the shop: %v", got)
	}
}

// TestEveryOptionThatReachesOutIsRefused by default: those of docker run that a list of what
// reaches what names.
func TestEveryOptionThatReachesOutIsRefused(t *testing.T) {
	t.Parallel()
	reaching := []string{
		"add-host", "annotation", "blkio-weight", "cap-add", "cgroup-parent", "cgroupns", "cpu-shares", "cpus", "cpuset-cpus", "device", "device-cgroup-rule", "device-read-bps",
		"dns", "env", "env-file", "expose", "gpus", "group-add", "health-cmd", "ip", "ip6", "ipc", "isolation", "label-file", "link", "log-driver", "log-opt", "mac-address", "memory",
		"memory-reservation", "memory-swap", "mount", "net", "net-alias", "network", "network-alias", "oom-kill-disable", "oom-score-adj", "pid", "platform", "privileged", "publish",
		"publish-all", "pull", "runtime", "security-opt", "storage-opt", "sysctl", "tmpfs", "use-api-socket", "userns", "uts", "volume", "volume-driver", "volumes-from", "", "Label", "label ", "LABEL",
	}
	for _, key := range reaching {
		if slices.ContainsFunc(policy.Harmless(), func(p policy.Parameter) bool { return p.Name == key }) {
			t.Errorf("%q is harmless", key)
		}
	}
	short := spec(t, "a", "container: {image: a, parameters: [{key: v, value: '/:/h'}, {key: e, value: A}, {key: m, value: '1'}, {key: p, value: '1'}, {key: c, value: '1'}, {key: a, value: '1'}]}")
	if got := policy.Default().Check(access.Principal{}, short); len(got) != 6 {
		t.Errorf("of six by their short names: %v", got)
	}
}
