package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
)

// some draws a list of words, or none at all: those are two things.
func some(t *rapid.T, label string, words ...string) []string {
	if rapid.Bool().Draw(t, label+"?") {
		return nil
	}
	return append([]string{}, rapid.SliceOfNDistinct(rapid.SampledFrom(words), 0, 3, rapid.ID).Draw(t, label)...)
}

func most[T any](t *rapid.T, label string, of ...T) *T {
	if rapid.Bool().Draw(t, label+"?") {
		return nil
	}
	v := rapid.SampledFrom(of).Draw(t, label)
	return &v
}

func rule(t *rapid.T, name string) policy.Rule {
	r := policy.Rule{
		Name: name, Privileged: rapid.Bool().Draw(t, "privileged"), HostNetwork: rapid.Bool().Draw(t, "host_network"), HostCommands: rapid.Bool().Draw(t, "host_commands"),
		Networks: some(t, "networks", "mine", "*"), Users: some(t, "users", "1", "0", "*"),
		URIs: some(t, "uris", "https://a.com/*", "hdfs://*"), Secrets: some(t, "secrets", "db/*", "*"),
		Task: &policy.Amounts{CPU: most(t, "task cpu", 0.5, 1, 2), Memory: most(t, "task memory", 64.0, 128, 256), GPUs: most[uint32](t, "task gpus", 0, 1)},
		Job:  &policy.Amounts{Replicas: most[uint32](t, "job replicas", 1, 3), CPU: most(t, "job cpu", 1.0, 4), Disk: most(t, "job disk", 0.0, 10)},
	}
	for _, path := range some(t, "volumes", "/srv", "/srv/a", "/") {
		r.Volumes = append(r.Volumes, policy.Volume{Path: path, ReadOnly: rapid.Bool().Draw(t, "read_only")})
	}
	if !rapid.Bool().Draw(t, "parameters?") {
		r.Parameters = []policy.Parameter{}
		for _, name := range some(t, "parameters", "default", "pid", "label", "ulimit") {
			p := policy.Parameter{Name: name}
			if name != "default" {
				p.Values = some(t, "values", "host", "nofile=*", "*")
			}
			r.Parameters = append(r.Parameters, p)
		}
	}
	if !rapid.Bool().Draw(t, "images?") {
		r.Images = []policy.Image{}
		for _, name := range some(t, "images", "docker.io/library/*", "a.b/c", "*") {
			r.Images = append(r.Images, policy.Image{Name: name, Tags: some(t, "tags", "1", "1.*", "latest"), Digest: rapid.Bool().Draw(t, "digest")})
		}
	}
	if rapid.Bool().Draw(t, "constraints") {
		r.Constraints = []policy.Constraint{{Attribute: "rack", Operator: "is", Value: "r1"}}
	}
	return r
}

func anySpec(t *rapid.T) *job.Spec {
	s := &job.Spec{ID: rapid.SampledFrom([]string{"shop/web", "shop", "other", "shop/web@20260101T000000Z"}).Draw(t, "id")}
	for range rapid.IntRange(1, 2).Draw(t, "groups") {
		c := &job.Container{
			Image: rapid.SampledFrom([]string{"nginx", "a.b/c:1", "a.b/c:1.2@sha256:" + strings.Repeat("0", 64), ""}).Draw(t, "image"), Privileged: rapid.Bool().Draw(t, "privileged"),
			Network:       rapid.SampledFrom([]string{"", "host", "none", "mine", "other"}).Draw(t, "network"),
			Containerizer: rapid.SampledFrom([]string{"", "mesos"}).Draw(t, "containerizer"),
		}
		for _, path := range some(t, "volumes", "/srv", "/srv/a/b", "/srvant", "/srv/../etc", "/", "a") {
			c.Volumes = append(c.Volumes, job.Volume{ContainerPath: "/x", HostPath: path, Mode: rapid.SampledFrom([]string{"", "ro", "rw"}).Draw(t, "mode")})
		}
		for _, key := range some(t, "parameters", "label", "pid", "ulimit", "user", "volume") {
			c.Parameters = append(c.Parameters, job.Parameter{Key: key, Value: rapid.SampledFrom([]string{"host", "nofile=1", "1", "0"}).Draw(t, "value")})
		}
		g := job.Group{
			Container: c, Replicas: rapid.Uint32Range(0, 4).Draw(t, "replicas"),
			Resources: &job.Resources{CPU: rapid.SampledFrom([]float64{0.1, 1, 3}).Draw(t, "cpu"), MemoryLimit: rapid.SampledFrom([]float64{0, 200}).Draw(t, "limit"), Disk: 3},
		}
		for _, uri := range some(t, "uris", "https://a.com/b", "https://b.com/", "/srv/x", "hdfs://a/b", "file:///etc/shadow") {
			g.URIs = append(g.URIs, job.URI{Value: uri})
		}
		if rapid.Bool().Draw(t, "constraint") {
			g.Constraints = []job.Constraint{{Attribute: "rack", Operator: "is", Value: rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "rack")}}
		}
		s.Tasks = append(s.Tasks, g)
	}
	s.Normalise()
	return s
}

// less takes something from what a rule lets through; the words of the one that decides by
// default are written out first, since to write a list is not to make it shorter.
func less(t *rapid.T, r policy.Rule) policy.Rule {
	drop := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "which") }
	without := func(list []string) []string {
		if len(list) == 0 {
			return []string{}
		}
		i := drop(len(list))
		return slices.Delete(slices.Clone(list), i, i+1)
	}
	lower := func(of *float64, by float64) *float64 {
		if of == nil {
			return &by
		}
		v := *of / 2
		return &v
	}
	task, all := *r.Task, *r.Job
	switch rapid.IntRange(0, 15).Draw(t, "less") {
	case 0:
		r.Privileged = false
	case 1:
		r.HostNetwork = false
	case 2:
		r.HostCommands = false
	case 3:
		r.Networks = without(r.Networks)
	case 4:
		r.Users = without(r.Users)
	case 5:
		if r.URIs != nil {
			r.URIs = without(r.URIs)
		}
	case 6:
		if r.Secrets != nil {
			r.Secrets = without(r.Secrets)
		}
	case 7:
		task.CPU = lower(task.CPU, 1)
	case 8:
		all.CPU = lower(all.CPU, 1)
	case 9:
		all.Replicas = new(uint32)
	case 10:
		if len(r.Volumes) > 0 {
			i := drop(len(r.Volumes))
			r.Volumes = slices.Delete(slices.Clone(r.Volumes), i, i+1)
		}
	case 11:
		if len(r.Volumes) > 0 {
			r.Volumes = slices.Clone(r.Volumes)
			r.Volumes[drop(len(r.Volumes))].ReadOnly = true
		}
	case 12:
		if r.Parameters == nil {
			r.Parameters = policy.Harmless()
		}
		if len(r.Parameters) > 0 {
			i := drop(len(r.Parameters))
			r.Parameters = slices.Delete(slices.Clone(r.Parameters), i, i+1)
		}
	case 13:
		if r.Images == nil {
			r.Images = []policy.Image{{Name: "*"}}
		}
		if len(r.Images) > 0 {
			r.Images = slices.Clone(r.Images)
			i := drop(len(r.Images))
			r.Images[i].Digest = true
			r.Images[i].Tags = without(r.Images[i].Tags)
		}
	case 14:
		r.Constraints = append(slices.Clone(r.Constraints), policy.Constraint{Attribute: "zone", Operator: "is", Value: "z"})
	case 15:
		task.Memory = lower(task.Memory, 100)
	}
	r.Task, r.Job = &task, &all
	return r
}

// TestLessIsNeverMore: what a stricter rule lets through, the one before does, at submission
// and when a task is planned, and so with secrets.
func TestLessIsNeverMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := policy.Policy{Rules: []policy.Rule{rule(t, "a"), rule(t, "b")}}
		before.Rules[0].Who = &policy.Who{Names: []string{"ann"}}
		after := policy.Policy{Rules: slices.Clone(before.Rules)}
		i := rapid.IntRange(0, 1).Draw(t, "rule")
		for range rapid.IntRange(1, 5).Draw(t, "times") {
			after.Rules[i] = less(t, after.Rules[i])
		}
		s, who := anySpec(t), access.Principal{Name: rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "who")}
		was, is := before.Check(who, s), after.Check(who, s)
		if len(is) == 0 && len(was) > 0 {
			t.Fatalf("lets through what was forbidden: %v", was)
		}
		if len(after.Held(s)) == 0 && len(before.Held(s)) > 0 {
			t.Fatalf("holds back no more: %v", before.Held(s))
		}
		if len(is) == 0 && len(after.Held(s)) > 0 {
			t.Fatalf("is let through and held back: %v", after.Held(s))
		}
		for _, name := range []string{"shop/a", "db/a", "x"} {
			_, had := before.Secret(who, s.ID, name)
			_, has := after.Secret(who, s.ID, name)
			if _, held := after.HeldSecret(s.ID, name); has && (!had || held) {
				t.Fatalf("secret %s: had %t, held %t", name, had, held)
			}
		}
	})
}

// TestAllIsToldAtOnce: each thing that was put into a job that has nothing forbidden is told
// with its own field, whatever else is; and what is told is never right when the others are
// mended.
func TestAllIsToldAtOnce(t *testing.T) {
	t.Parallel()
	type sin struct {
		paths []string
		do    func(*job.Group)
	}
	container := func(do func(*job.Container)) func(*job.Group) { return func(g *job.Group) { do(g.Container) } }
	sins := []sin{
		{[]string{"container.privileged"}, container(func(c *job.Container) { c.Privileged = true })},
		{[]string{"container.network"}, container(func(c *job.Container) { c.Network = "host" })},
		{[]string{"container.volumes[0].host_path", "container.volumes[1].host_path"}, container(func(c *job.Container) {
			c.Volumes = []job.Volume{{ContainerPath: "/a", HostPath: "/a"}, {ContainerPath: "/b", HostPath: "/b"}}
		})},
		{[]string{"container.parameters[1].key"}, container(func(c *job.Container) {
			c.Parameters = append(c.Parameters, job.Parameter{Key: "pid", Value: "host"})
		})},
		{[]string{"container.image"}, container(func(c *job.Container) { c.Image = "evil" })},
		{[]string{"uris[0].value"}, func(g *job.Group) { g.URIs = []job.URI{{Value: "/etc/shadow"}} }},
		{[]string{"resources.cpu"}, func(g *job.Group) { g.Resources.CPU = 9 }},
		{[]string{"resources.gpus"}, func(g *job.Group) { g.Resources.GPUs = 9 }},
		{[]string{"constraints"}, func(g *job.Group) { g.Constraints = nil }},
	}
	p, err := policy.Decode([]byte("rules: [{name: a, images: [docker.io/library/nginx], users: ['1'], constraints: [{attribute: rack, operator: is, value: r1}], task: {cpu: 2, gpus: 0}}]"))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s, want := &job.Spec{ID: "a"}, []string{}
		for i := range rapid.IntRange(1, 3).Draw(t, "groups") {
			s.Tasks = append(s.Tasks, job.Group{
				Replicas: 1, Container: &job.Container{Image: "nginx", Parameters: []job.Parameter{{Key: "user", Value: "1"}}},
				Resources: &job.Resources{}, Constraints: []job.Constraint{{Attribute: "rack", Operator: "is", Value: "r1"}},
			})
			for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(sins)-1), 0, len(sins), rapid.ID).Draw(t, "sins") {
				sins[n].do(&s.Tasks[i])
				for _, path := range sins[n].paths {
					want = append(want, fmt.Sprintf("tasks[%d].%s", i, path))
				}
			}
		}
		s.Normalise()
		var got []string
		for _, v := range p.Check(access.Principal{}, s) {
			got = append(got, v.Path)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("told %v\nwant %v", got, want)
		}
	})
}

// TestNoPolicyLetsAPathOutOfItsFolder, however it is written.
func TestNoPolicyLetsAPathOutOfItsFolder(t *testing.T) {
	t.Parallel()
	p := &policy.Policy{Rules: []policy.Rule{{Name: "a", Volumes: []policy.Volume{{Path: "/srv/shop"}}}}}
	rapid.Check(t, func(t *rapid.T) {
		path := "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"srv", "shop", "..", ".", "", "shopping", "etc"}), 0, 6).Draw(t, "path"), "/")
		s := &job.Spec{ID: "a", Tasks: []job.Group{{Container: &job.Container{Image: "a", Volumes: []job.Volume{{HostPath: path}}}}}}
		inside, depth := true, []string{}
		for part := range strings.SplitSeq(path, "/") {
			if part == ".." {
				inside = false
			}
			if part != "" && part != "." {
				depth = append(depth, part)
			}
		}
		inside = inside && len(depth) >= 2 && depth[0] == "srv" && depth[1] == "shop"
		if may := len(p.Check(access.Principal{}, s)) == 0; may != inside {
			t.Fatalf("%s: may %t", path, may)
		}
	})
}
