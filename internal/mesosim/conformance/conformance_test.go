package conformance_test

import (
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"go.uber.org/goleak"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/scratchimage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// buildImage makes the image of the record, which no registry has: busybox and
// its links, no entry point, and a PATH.
func buildImage(t *testing.T) {
	t.Helper()
	cli, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cli.Close() })
	image := scratchimage.Image{Tag: "local/box:base", Executable: "/bin/busybox", Path: "/bin/busybox"}
	for _, applet := range []string{"sh", "sleep", "echo", "true", "false", "httpd"} {
		image.Links = append(image.Links, "/bin/"+applet)
	}
	if err := image.Build(t.Context(), cli); err != nil {
		t.Fatal(err)
	}
	made, err := cli.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Config: &container.Config{Image: image.Tag, Entrypoint: []string{""}, Cmd: []string{"sh"}}, // [""] is none
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = cli.ContainerCommit(t.Context(), made.ID, client.ContainerCommitOptions{
		Reference: recordedImage, Changes: []string{"ENV PATH=/bin"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cli.ContainerRemove(t.Context(), made.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
}
