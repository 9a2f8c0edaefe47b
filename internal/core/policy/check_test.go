package policy_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
)

// decoded is a policy that is known to be right.
func decoded(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

// ruled is a policy of one rule for all.
func ruled(t *testing.T, text string) *policy.Policy {
	t.Helper()
	if text == "" {
		return policy.Default()
	}
	return decoded(t, "rules: [{name: r, "+text+"}]")
}

// spec is a job of one group, as users write it.
func spec(t *testing.T, id, group string) *job.Spec {
	t.Helper()
	s, err := job.DecodeYAML([]byte("id: " + id + "\ntasks: [{replicas: 1, " + group + "}]"))
	if err != nil {
		t.Fatalf("%s: %v", group, err)
	}
	s.Normalise()
	return s
}

func paths(all []policy.Violation) string {
	var list []string
	for _, v := range all {
		list = append(list, strings.ReplaceAll(v.Path, "tasks[0].", ""))
	}
	return strings.Join(list, " ")
}

// TestRules: which fields of a group a rule forbids.
func TestRules(t *testing.T) {
	t.Parallel()
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	container := func(more string) string { return "container: {image: nginx, " + more + "}" }
	volume := func(path, mode string) string {
		return container("volumes: [{container_path: /v, host_path: '" + path + "', mode: '" + mode + "'}]")
	}
	parameter := func(key, value string) string {
		return container("parameters: [{key: " + key + ", value: '" + value + "'}]")
	}
	image := func(name string) string { return "container: {image: '" + name + "'}" }
	uri := func(value string) string { return "container: {image: nginx}, uris: [{value: '" + value + "'}]" }
	const (
		path  = "container.volumes[0].host_path"
		key   = "container.parameters[0].key"
		value = "container.parameters[0].value"
		user  = "container.parameters"
		img   = "container.image"
		fetch = "uris[0].value"
		cs    = "constraints"
	)
	for _, c := range []struct{ rule, group, want string }{
		{"", container(""), ""},
		{"", container("privileged: true"), "container.privileged"},
		{"privileged: true", container("privileged: true"), ""},
		{"", container("network: host"), "container.network"},
		{"", container("network: HOST"), "container.network"},
		{"host_network: true", container("network: host"), ""},
		{"", container("network: none"), ""},
		{"", container("network: mine"), ""},
		{"networks: []", container("network: mine"), "container.network"},
		{"networks: [mine]", container("network: mine"), ""},
		{"networks: [mine]", container("network: minetoo"), "container.network"},
		{"networks: []", container("network: bridge"), ""},
		{"networks: []", container("network: none"), ""},
		{"networks: [host, '*']", container("network: host"), "container.network"},
		{"", "container: {containerizer: mesos, command: id}", img + " container.network"},
		{"host_commands: true", "container: {containerizer: mesos, command: id}", "container.network"},
		{"host_commands: true, host_network: true", "container: {containerizer: mesos, command: id}", ""},
		{"host_network: true", "container: {containerizer: mesos, image: nginx}", ""},
		{"", "container: {containerizer: mesos, image: nginx}", "container.network"},

		{"", volume("/srv", "ro"), path},
		{"volumes: [/srv]", volume("/srv", ""), ""},
		{"volumes: [/srv]", volume("/srv/", ""), ""},
		{"volumes: [/srv/]", volume("/srv", ""), ""},
		{"volumes: [/srv]", volume("/srv/a//b/./c", ""), ""},
		{"volumes: [/srv]", volume("/srvant", ""), path},
		{"volumes: [/srv]", volume("/", ""), path},
		{"volumes: [/srv]", volume("/srv/../etc", ""), path},
		{"volumes: [/srv]", volume("/srv/a/../b", ""), path},
		{"volumes: [/srv]", volume("/srv/..", ""), path},
		{"volumes: [/srv]", volume("/srv/..a", ""), ""},
		{"volumes: [/srv]", volume("//etc", ""), path},
		{"volumes: [/]", volume("/etc", "rw"), ""},
		{"volumes: [/srv]", volume("srv", ""), path},
		{"volumes: [{path: /srv, read_only: true}]", volume("/srv/a", ""), path},
		{"volumes: [{path: /srv, read_only: true}]", volume("/srv/a", "RW"), path},
		{"volumes: [{path: /srv, read_only: true}]", volume("/srv/a", "RO"), ""},
		{"volumes: [{path: /srv, read_only: true}, /srv/a]", volume("/srv/a", "rw"), ""},
		{"volumes: [{path: /srv, read_only: true}, /srv/a]", volume("/srv/b", "rw"), path},

		{"", parameter("label", "a=b"), ""},
		{"", parameter("l", "a=b"), ""},
		{"", parameter("v", "/:/host"), key},
		{"", parameter("volume", "/:/host"), key},
		{"", parameter("Label", "a=b"), key},
		{"", parameter("ulimit", "nofile=1024"), ""},
		{"", parameter("ulimit", "nofile=1024:2048"), ""},
		{"", parameter("ulimit", "rtprio=99"), value},
		{"", parameter("ulimit", "core=0"), ""},
		{"", parameter("ulimit", "core=-1"), value},
		{"parameters: []", parameter("label", "a=b"), key},
		{"parameters: [sysctl]", parameter("label", "a=b"), key},
		{"parameters: [sysctl]", parameter("sysctl", "a=b"), ""},
		{"parameters: [default, sysctl]", parameter("label", "a=b"), ""},
		{"parameters: [default, {name: ulimit, values: [memlock=-1]}]", parameter("ulimit", "memlock=-1"), ""},
		{"parameters: [default, {name: ulimit, values: [memlock=-1]}]", parameter("ulimit", "rtprio=99"), value},
		{"parameters: [default, {name: ulimit, values: [memlock=-1]}]", parameter("ulimit", "nofile=9"), ""},
		{"parameters: []", parameter("user", "0"), key},
		{"parameters: [{name: sysctl, values: []}]", parameter("sysctl", "a=b"), value},

		{"users: ['1000']", container(""), user},
		{"users: ['1000']", parameter("user", "1000"), ""},
		{"users: ['1000']", parameter("u", "1000"), ""},
		{"users: ['1000'], parameters: []", parameter("user", "1000"), ""},
		{"users: ['1000']", parameter("user", "1000:0"), value},
		{"users: ['1000', '1000:*']", parameter("user", "1000:0"), ""},
		{"users: ['1000']", parameter("user", "root"), value},
		{"users: ['1000']", container("parameters: [{key: user, value: '1000'}, {key: user, value: '0'}]"), "container.parameters[1].value"},
		{"users: ['1000'], host_network: true", "container: {containerizer: mesos, image: nginx}", user + ".user"},

		{"images: [docker.io/library/*]", image("nginx"), ""},
		{"images: [docker.io/library/*]", image("acme/nginx"), img},
		{"images: [docker.io/library/nginx]", image("nginx:1"), ""},
		{"images: [docker.io/library/nginx]", image("index.docker.io/library/nginx"), ""},
		{"images: [docker.io/library/nginx]", image("docker.io.evil.com/library/nginx"), img},
		{"images: ['ghcr.io/acme/*']", image("ghcr.io/acme/a/b:1"), ""},
		{"images: ['ghcr.io/acme/*']", image("ghcr.io/acme-evil/a"), img},
		{"images: ['ghcr.io/acme/*']", image("localhost/ghcr.io/acme/a"), img},
		{"images: ['docker.io/library/*']", image("4bcff63911fc"), img}, // Docker takes it for an id.
		{"images: ['docker.io/library/*']", image("cafe"), img},
		{"images: ['docker.io/library/*']", image("cafe:latest"), ""},
		{"images: ['docker.io/library/*']", image("cafe" + digest), ""},
		{"images: ['*']", image("f"), img},
		{"images: ['docker.io/acme/*']", image("acme/cafe"), ""},
		{"images: []", image("nginx"), img},
		{"images: ['*']", image("a.b/c"), ""},
		{"images: [{name: '*', tags: ['1.*']}]", image("nginx:1.27"), ""},
		{"images: [{name: '*', tags: ['1.*']}]", image("nginx:2"), img},
		{"images: [{name: '*', tags: ['1.*']}]", image("nginx"), img},
		{"images: [{name: '*', tags: [latest]}]", image("nginx"), ""},
		{"images: [{name: '*', tags: ['1.*']}]", image("nginx" + digest), ""},
		{"images: [{name: '*', tags: ['1.*']}]", image("nginx:2" + digest), img},
		{"images: [{name: '*', digest: true}]", image("nginx:1"), img},
		{"images: [{name: '*', digest: true}]", image("nginx:1" + digest), ""},
		{"images: [{name: '*', digest: true}, docker.io/library/*]", image("nginx:1"), ""},
		{"images: [], host_commands: true, host_network: true", "container: {containerizer: mesos, command: id}", ""},

		{"", uri("https://example.com/a"), ""},
		{"", uri("HTTP://example.com/a"), ""},
		{"", uri("/etc/shadow"), fetch},
		{"", uri("file:///etc/shadow"), fetch},
		{"", uri("file://localhost/etc/shadow"), fetch},
		{"", uri("FILE:///etc/shadow"), fetch},
		{"", uri("file:/etc/shadow"), fetch},
		{"", uri("hdfs://a/b"), fetch},
		{"volumes: [{path: /srv, read_only: true}]", uri("/srv/a"), ""},
		{"volumes: [{path: /srv, read_only: true}]", uri("file://localhost/srv/a"), ""},
		{"volumes: [{path: /srv, read_only: true}]", uri("file:///srv/../etc"), fetch},
		{"uris: ['hdfs://*']", uri("hdfs://a/b"), ""},
		{"uris: ['https://a.com/*']", uri("https://a.com/b"), ""},
		{"uris: ['https://a.com/*']", uri("https://a.com@evil.com/b"), fetch},
		{"uris: ['https://a.com/x/*']", uri("https://a.com/x/../y"), fetch},
		{"uris: ['https://a.com/x/*']", uri("https://a.com/x/%2E%2e/y"), fetch},
		{"uris: ['https://a.com/x/*']", uri("https://a.com/x/%2e.%2fy"), fetch},
		{"uris: []", uri("https://a.com/b"), fetch},

		{"constraints: [{attribute: rack, operator: is, value: r1}]", container(""), cs},
		{"constraints: [{attribute: rack, operator: IS, value: r1}]", container("") + ", constraints: [{attribute: rack, operator: is, value: r1}]", ""},
		{"constraints: [{attribute: rack, operator: is, value: r1}]", container("") + ", constraints: [{attribute: rack, operator: is, value: r2}]", cs},

		{"task: {cpu: 1, memory: 64}", container("") + ", resources: {cpu: 2, memory: 65, memory_limit: 128}", "resources.cpu resources.memory resources.memory_limit"},
		{"task: {cpu: 1, memory: 128, disk: 0, gpus: 0}", container(""), ""},
		{"task: {cpu: 1, memory: 128, disk: 0, gpus: 0}", container("") + ", resources: {disk: 1, gpus: 1}", "resources.disk resources.gpus"},
		{"job: {replicas: 1}", container(""), ""},
		{"job: {replicas: 0}", container(""), "tasks"},
		{"job: {cpu: 0.9, memory: 127.999}", container(""), "tasks tasks"},
	} {
		got := ruled(t, c.rule).Check(access.Principal{}, spec(t, "a", c.group))
		if paths(got) != c.want {
			t.Errorf("%s\nof %s\ngot  %v\nwant %s", c.group, c.rule, got, c.want)
		}
	}
}

// TestWhichRuleDecides: the first that fits, and about the runs of a series that of the series.
func TestWhichRuleDecides(t *testing.T) {
	t.Parallel()
	p := decoded(t, `
rules:
  - {name: ann, jobs: [shop/*], who: {names: [ann]}, privileged: true}
  - {name: ops, jobs: [shop/*, nightly], who: {roles: [ops, admin], means: [token, certificate]}, host_network: true}
  - {name: shop, jobs: [shop/*]}
  - {name: cart, jobs: [cart]}
`)
	ops := access.Principal{Name: "bob", Roles: []string{"x", "ops"}, By: access.BearerToken}
	for _, c := range []struct {
		who     access.Principal
		id, by  string
		heldFor string
	}{
		{access.Principal{Name: "ann"}, "shop/web", "ann", ""},
		{access.Principal{Name: "ann", Roles: []string{"ops"}, By: access.BearerToken}, "shop/web", "ann", ""},
		{access.Principal{Name: "ann"}, "shop", "default", ""},
		{ops, "shop/web", "ops", ""},
		{ops, "nightly", "ops", ""},
		{ops, "nightly@20260101T000000Z", "ops", ""},
		{ops, "nightly@2026", "default", ""},
		{access.Principal{Name: "bob", Roles: []string{"ops"}, By: access.Anonymous}, "shop/web", "shop", ""},
		{access.Principal{Name: "bob", By: access.BearerToken}, "shop/web", "shop", ""},
		{access.Principal{}, "cart", "cart", ""},
		{access.Principal{}, "cart/1", "default", ""},
	} {
		if got := p.RuleFor(c.who, c.id); got != c.by {
			t.Errorf("%+v, %s: %s decides, want %s", c.who, c.id, got, c.by)
		}
	}
}

// TestHeld: only what nobody could submit is, and the rule for those without one of their own
// is named.
func TestHeld(t *testing.T) {
	t.Parallel()
	p := decoded(t, `
rules:
  - {name: ann, jobs: [shop/*], who: {names: [ann]}, privileged: true}
  - {name: shop, jobs: [shop/*]}
  - {name: behind, privileged: true, host_network: true}
`)
	for _, c := range []struct{ id, more, want string }{
		{"shop/web", "privileged: true", ""},
		{"shop/web", "network: host", "shop"},
		{"shop/web", "privileged: true, network: host", "shop shop"},
		{"other", "network: host", ""},
		{"shop", "privileged: true", ""},
	} {
		var rules []string
		for _, v := range p.Held(spec(t, c.id, "container: {image: nginx, "+c.more+"}")) {
			rules = append(rules, v.Rule)
		}
		if got := strings.Join(rules, " "); got != c.want {
			t.Errorf("%s with %s: held by %q, want %q", c.id, c.more, got, c.want)
		}
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, id, name string
		may            bool
	}{
		{"", "shop/web", "shop/password", true},
		{"", "shop", "shop/password", true},
		{"", "shop@20260101T000000Z", "shop/password", true},
		{"", "shop/web", "shopping/password", false},
		{"", "shop/web", "shop", false},
		{"", "shop/web", "shop/../other", false},
		{"", "shop/web", "/shop/a", false},
		{"", "", "/a", false},
		{"secrets: [db/*]", "shop/web", "db/a", true},
		{"secrets: [db/*]", "shop/web", "shop/a", false},
		{"secrets: []", "shop/web", "shop/a", false},
		{"secrets: ['*']", "shop/web", "any", true},
		{"secrets: ['*']", "shop/web", "a/..", false},
	} {
		p := ruled(t, c.rule)
		rule, may := p.Secret(access.Principal{}, c.id, c.name)
		by, held := p.HeldSecret(c.id, c.name)
		if may != c.may || held == c.may || rule == "" || held && by != rule {
			t.Errorf("%q: %s may use %s: %t by %q, held %t by %q", c.rule, c.id, c.name, may, rule, held, by)
		}
	}
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	p := decoded(t, "rules: []\nquotas: [{name: shop, jobs: [shop/*], replicas: 3, cpu: 1.5}, {name: all, memory: 300}]")
	s := spec(t, "shop/web", "container: {image: nginx}, resources: {cpu: 0.1, memory: 100}")
	s.Tasks[0].Replicas = 2
	own, one := policy.TotalOf(s), policy.TotalOfTasks(&s.Tasks[0], 1)
	if own != one.Plus(one) {
		t.Errorf("%+v is not twice %+v", own, one)
	}
	count := func(q *policy.Quota, others policy.Total) int { return len(q.Exceeded(others, own)) }
	of := p.QuotasOf("shop/web")
	if got := policy.TotalOfTasks(&job.Group{Resources: &job.Resources{CPU: 0.57, Memory: 1.001}}, 2); got.CPU != 1140 || got.Memory != 2002 {
		t.Errorf("thousandths: %+v", got)
	}
	if nightly := decoded(t, "quotas: [{name: n, jobs: [nightly], cpu: 1}]"); len(nightly.QuotasOf("nightly@20260101T000000Z")) != 1 {
		t.Error("a run is not under the quota of its series")
	}
	if len(of) != 2 || len(p.QuotasOf("shop")) != 1 || len(p.QuotasOf("shop/a@20260101T000000Z")) != 2 {
		t.Fatalf("%d quotas, %d of shop", len(of), len(p.QuotasOf("shop")))
	}
	for _, c := range []struct {
		others    policy.Total
		shop, all int
	}{
		{policy.Total{}, 0, 0},
		{one, 0, 0},
		{one.Plus(one), 1, 1},
		{policy.Total{CPU: 1301}, 1, 0},
		{policy.Total{CPU: 1300}, 0, 0},
		{policy.Total{Replicas: 2, CPU: 1400}, 2, 0},
	} {
		if shop, all := count(of[0], c.others), count(of[1], c.others); shop != c.shop || all != c.all {
			t.Errorf("beside %+v: %d and %d", c.others, shop, all)
		}
	}
}

// TestTheDefaultIsOfEachFieldThatARuleLeavesOut.
func TestTheDefaultIsOfEachFieldThatARuleLeavesOut(t *testing.T) {
	t.Parallel()
	s := spec(t, "a", "container: {image: nginx, privileged: true, network: host, volumes: [{container_path: /a, host_path: /b}], parameters: [{key: pid, value: host}]}, uris: [{value: /etc/x}]")
	want := paths(policy.Default().Check(access.Principal{}, s))
	if got := paths(ruled(t, "jobs: ['*']").Check(access.Principal{}, s)); got != want || strings.Count(want, " ") != 4 {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !slices.IsSortedFunc(policy.Harmless(), func(a, b policy.Parameter) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the harmless options are not in order")
	}
}

// TestFaultsAreBounded, so that no answer is larger than what was asked.
func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	s := spec(t, "a", "container: {image: nginx}")
	for range 500 {
		s.Tasks = append(s.Tasks, s.Tasks[0])
		s.Tasks[len(s.Tasks)-1].Container = &job.Container{Image: "a", Privileged: true}
	}
	if got := policy.Default().Check(access.Principal{}, s); len(got) != 101 || !strings.Contains(got[100].String(), "more") {
		t.Errorf("%d violations", len(got))
	}
}

// TestOpen forbids nothing, and what could not be read everything.
func TestOpen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySpec(t)
		for i := range s.Tasks { // Of these it is as with any other policy.
			s.Tasks[i].Container.Volumes, s.Tasks[i].URIs = nil, nil
		}
		if got := policy.Open().Check(access.Principal{}, s); len(got) != 0 {
			t.Fatalf("%v", got)
		}
		unread := policy.Read("rules: [{name: a, of_tomorrow: true}]")
		if got := unread.Check(access.Principal{}, s); len(got) != 1 || unread.Unread() == "" || len(unread.Held(s)) != 1 {
			t.Fatalf("%v", got)
		}
		if _, may := unread.Secret(access.Principal{}, "a", "a/b"); may {
			t.Fatal("gives a secret")
		}
		if _, held := unread.HeldSecret("a", "a/b"); !held {
			t.Fatal("gives a secret later")
		}
	})
	s := spec(t, "a", "container: {image: nginx, volumes: [{container_path: /a, host_path: /b}], parameters: [{key: pid, value: host}]}, uris: [{value: /etc/a}, {value: 'hdfs://a/../b'}]")
	if got := policy.Open().Check(access.Principal{}, s); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// TestAdmit: what fits is admitted, the first groups first, gangs as a whole, and never more
// than a quota has.
func TestAdmit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s job.Spec
		for range rapid.IntRange(1, 3).Draw(t, "groups") {
			s.Tasks = append(s.Tasks, job.Group{
				Replicas: rapid.Uint32Range(0, 5).Draw(t, "replicas"), Gang: rapid.Bool().Draw(t, "gang"), Resources: &job.Resources{CPU: rapid.SampledFrom([]float64{0, 0.3, 1}).Draw(t, "cpu"), Memory: 10},
			})
		}
		quotas := []*policy.Quota{
			{Name: "a", Amounts: policy.Amounts{Replicas: most[uint32](t, "replicas", 0, 2, 20), CPU: most(t, "cpu", 0.9, 3)}},
			{Name: "b", Amounts: policy.Amounts{Memory: most(t, "memory", 25.0, 100)}},
		}
		before := []policy.Total{{Replicas: rapid.Uint64Range(0, 3).Draw(t, "before"), CPU: 300}, {}}
		admitted, own := policy.Admit(&s, quotas, before), policy.Total{}
		for i, a := range admitted {
			g := &s.Tasks[i]
			least := a.Tasks + 1 // That would be too much.
			if g.Gang {
				least = g.Replicas
			}
			next := own.Plus(policy.TotalOfTasks(g, least))
			own = own.Plus(policy.TotalOfTasks(g, a.Tasks))
			more := 0
			for n, q := range quotas {
				more += len(q.Exceeded(before[n], next))
			}
			if (a.Quota == "") != (a.Tasks == g.Replicas) || a.Tasks > g.Replicas || a.Tasks < g.Replicas && (more == 0 || g.Gang && a.Tasks != 0) {
				t.Fatalf("group %d of %d: %+v, and %d exceed %d", i, g.Replicas, a, least, more)
			}
		}
		for n, q := range quotas {
			if q.Exceeded(policy.Total{}, before[n]) == nil && q.Exceeded(before[n], own) != nil {
				t.Fatalf("%s: %+v is too much beside %+v", q.Name, own, before[n])
			}
		}
	})
}
