package scratchimage_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/google/uuid"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/milosgajdos/taurus/internal/scratchimage"
)

const helloSource = `package main

import (
	"fmt"
	"os"
%s)

func main() {
	%s
	fmt.Println("hello", os.Args[1])
	os.Exit(7)
}
`

// engine returns a client of the Docker Engine. Without one the test is skipped,
// but never in CI.
func engine(t *testing.T) *client.Client {
	t.Helper()
	cli, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cli.Close() })
	if _, err := cli.Ping(t.Context(), client.PingOptions{}); err != nil {
		if os.Getenv("CI") == "" {
			t.Skipf("no Docker Engine: %v", err)
		}
		t.Fatal(err)
	}
	return cli
}

func buildHello(t *testing.T, dynamic bool) string {
	t.Helper()
	dir := t.TempDir()
	source, env := fmt.Sprintf(helloSource, "", ""), "CGO_ENABLED=0"
	if dynamic { // The resolver of the C library makes it dynamic.
		if _, err := exec.LookPath("gcc"); err != nil {
			t.Logf("no C compiler, so the executable is static: %v", err)
		} else {
			source = fmt.Sprintf(helloSource, "\t\"os/user\"\n", "_, _ = user.Current()")
			env = "CGO_ENABLED=1"
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "hello")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out, filepath.Join(dir, "main.go"))
	cmd.Env = append(os.Environ(), env, "GOWORK=off", "GO111MODULE=off")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return out
}

func TestImageRunsAndExits(t *testing.T) {
	t.Parallel()
	for name, dynamic := range map[string]bool{"static": false, "dynamic": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := engine(t)
			tag := "taurus-scratchimage-test:" + uuid.NewString()
			executable := buildHello(t, dynamic)
			labels := map[string]string{"quoted": `a "b" $HOME \ c`}
			if err := (scratchimage.Image{Tag: tag, Executable: executable, Labels: labels}).Build(t.Context(), cli); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { removeImage(t, cli, tag) })

			image, err := cli.ImageInspect(t.Context(), tag)
			if err != nil {
				t.Fatal(err)
			}
			if got := image.Config.Labels["quoted"]; got != labels["quoted"] {
				t.Errorf("label is %q, want %q", got, labels["quoted"])
			}
			status, output := run(t, cli, tag, "world")
			if status != 7 || output != "hello world" {
				t.Errorf("exited with %d and %q, want 7 and \"hello world\"", status, output)
			}
		})
	}
}

func TestBuildTwiceIsOneImage(t *testing.T) {
	t.Parallel()
	cli := engine(t)
	tag := "taurus-scratchimage-test:" + uuid.NewString()
	executable := buildHello(t, false)
	id := func(entrypoint ...string) string {
		if err := (scratchimage.Image{Tag: tag, Executable: executable, Entrypoint: entrypoint}).Build(t.Context(), cli); err != nil {
			t.Fatal(err)
		}
		image, err := cli.ImageInspect(t.Context(), tag)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { removeImage(t, cli, image.ID) })
		return image.ID
	}
	first := id()
	if again := id(); again != first {
		t.Errorf("the same content made another image")
	}
	if other := id("/hello", "you"); other == first {
		t.Errorf("another entry point left the image as it was")
	}
	if _, err := cli.ImageInspect(t.Context(), first); !errdefs.IsNotFound(err) {
		t.Errorf("the image that lost its tag is still there: %v", err)
	}
}

func TestWhatIsNoExecutableIsRefused(t *testing.T) {
	t.Parallel()
	cli := engine(t)
	file := filepath.Join(t.TempDir(), "script.sh")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := scratchimage.Image{Tag: "taurus-scratchimage-test:never", Executable: file}.Build(t.Context(), cli)
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error that names the file", err)
	}
	err = scratchimage.Image{Tag: "taurus-scratchimage-test:never", Executable: file + ".missing"}.Build(t.Context(), cli)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want os.ErrNotExist", err)
	}
}

func run(t *testing.T, cli *client.Client, image string, args ...string) (status int64, output string) {
	t.Helper()
	ctx := t.Context()
	c, err := cli.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{Image: image, Cmd: args, Tty: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := cli.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	}()
	if _, err := cli.ContainerStart(ctx, c.ID, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	wait := cli.ContainerWait(ctx, c.ID, client.ContainerWaitOptions{})
	select {
	case r := <-wait.Result:
		status = r.StatusCode
	case err := <-wait.Error:
		t.Fatal(err)
	}
	logs, err := cli.ContainerLogs(ctx, c.ID, client.ContainerLogsOptions{ShowStdout: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = logs.Close() }()
	var b strings.Builder
	buf := make([]byte, 1024)
	for {
		n, err := logs.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			break
		}
	}
	return status, strings.TrimSpace(b.String())
}

func removeImage(t *testing.T, cli *client.Client, image string) {
	t.Helper()

	if _, err := cli.ImageRemove(context.WithoutCancel(t.Context()), image, client.ImageRemoveOptions{Force: true}); err != nil {
		t.Logf("remove image: %v", err)
	}
}
