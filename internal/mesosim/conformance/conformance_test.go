package conformance_test

import (
	"flag"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/scratchimage"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// atOnce is how many checks run at a time: they wait more than they work.
const atOnce = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	testwait.Main(m)
}

// recordedImage is the image of the recorded docker tasks: a static busybox.
const recordedImage = "local/box:latest"

// TestRecordedExchanges replays every exchange with the real Mesos.
func TestRecordedExchanges(t *testing.T) {
	t.Parallel()
	table := checks()
	if !dockerMissing() {
		buildImage(t)
	}
	recorded := transcripts(t)
	if len(recorded) != len(table) {
		t.Errorf("%d transcripts and %d checks", len(recorded), len(table))
	}
	for _, tr := range recorded {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			c, ok := table[tr.id]
			if !ok {
				t.Fatal("the table of checks does not say how it is replayed")
			}
			if c.agent == agent.Auto && dockerMissing() {
				t.Skipf("docker tasks need %s", dockerSocket)
			}
			if c.cut != "" {
				t.Logf("replayed up to line %d: %s", c.until, c.cut)
			}
			newReplay(t, tr.id, c).run(tr.lines)
		})
	}
}

// The images of the docker tasks.
const (
	image     = "taurus-conformance:latest"
	baseImage = "taurus-conformance:base"
)

// buildImage makes the image that stands for the record's: busybox and its
// links, no entry point, and a PATH.
func buildImage(t *testing.T) {
	t.Helper()
	cli, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cli.Close() })
	base := scratchimage.Image{Tag: baseImage, Executable: "/bin/busybox", Path: "/bin/busybox"}
	for _, applet := range []string{"sh", "sleep", "echo", "true", "false", "httpd"} {
		base.Links = append(base.Links, "/bin/"+applet)
	}
	if err := base.Build(t.Context(), cli); err != nil {
		t.Fatal(err)
	}
	if digest(t, cli, image) == digest(t, cli, baseImage) {
		return
	}
	made, err := cli.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Config: &container.Config{Image: baseImage, Entrypoint: []string{""}, Cmd: []string{"sh"}}, // [""] is none
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = cli.ContainerCommit(t.Context(), made.ID, client.ContainerCommitOptions{Reference: image, Changes: []string{"ENV PATH=/bin"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cli.ContainerRemove(t.Context(), made.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
}

// digest tells the content of an image; it is empty if there is none.
func digest(t *testing.T, cli *client.Client, tag string) string {
	t.Helper()
	found, err := cli.ImageInspect(t.Context(), tag)
	if errdefs.IsNotFound(err) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return found.Config.Labels[scratchimage.LabelDigest]
}
