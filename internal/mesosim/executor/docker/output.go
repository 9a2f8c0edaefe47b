package docker

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/milosgajdos/taurus/internal/pause"
)

// output copies what a container writes into its sandbox. The sizes of the files
// there say how far it has come.
type output struct {
	driver  *driver
	id      string
	sandbox string
}

// follow copies as the container writes, until it ends or ctx is done. What goes
// wrong is tried again, at the latest by finish.
func (o *output) follow(ctx context.Context) {
	for {
		err := o.copy(ctx, true)
		if ctx.Err() != nil || errdefs.IsNotFound(err) {
			return
		}
		if err != nil {
			o.driver.log.Warn().Err(err).Str("container", o.id).Msg("lost a container's output; reading it again")
		}
		if pause.For(ctx, retryInterval) != nil {
			return
		}
	}
}

// finish copies what is still missing of a container that has ended. It gives up
// in the end (a full disk, a damaged log), and says so.
func (o *output) finish(ctx context.Context) {
	var err error
	for range finishAttempts {
		if err = o.copy(ctx, false); err == nil || pause.For(ctx, retryInterval) != nil {
			return
		}
	}
	o.driver.log.Error().Err(err).Str("container", o.id).Msg("a container's output is incomplete")
}

// finishAttempts bounds the attempts to copy the last of a container's output.
const finishAttempts = 10

// copy reads the log from its beginning, and leaves out what the files have.
func (o *output) copy(ctx context.Context, follow bool) error {
	stdout, err := o.open("stdout")
	if err != nil {
		return err
	}
	stderr, err := o.open("stderr")
	if err != nil {
		return errors.Join(err, stdout.Close())
	}
	logs, err := o.driver.cli.ContainerLogs(ctx, o.id, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Follow: follow,
	})
	if err == nil {
		_, err = stdcopy.StdCopy(stdout, stderr, logs)
		err = errors.Join(err, logs.Close())
	}
	return errors.Join(err, stdout.Close(), stderr.Close())
}

func (o *output) open(name string) (*remainder, error) {
	f, err := os.OpenFile(filepath.Join(o.sandbox, name), os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r := &remainder{WriteCloser: f, skip: info.Size()}
	if name == "stderr" {
		r.skip -= introduction(f)
	}
	return r, nil
}

// introduction is the size of what the agent wrote before the container did: the
// two lines that Mesos' docker executor says about itself. The container's log
// has none of them.
func introduction(file io.Reader) int64 {
	const lines, source = 2, " executor.cpp:"
	var size int64
	in := bufio.NewReader(file)
	for range lines {
		line, err := in.ReadString('\n')
		if err != nil || !strings.Contains(line, source) {
			break
		}
		size += int64(len(line))
	}
	return size
}

// remainder writes what follows the first skip bytes.
type remainder struct {
	io.WriteCloser
	skip int64
}

// Write implements io.Writer.
func (r *remainder) Write(p []byte) (int, error) {
	skipped := min(r.skip, int64(len(p)))
	r.skip -= skipped
	if skipped == int64(len(p)) {
		return len(p), nil
	}
	n, err := r.WriteCloser.Write(p[skipped:])
	return int(skipped) + n, err
}
