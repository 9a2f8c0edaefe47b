package fetcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// Errors of URIs that cannot be fetched.
var (
	ErrScheme     = errors.New("fetcher: scheme is not supported: use an absolute path, or a file, http or https URL")
	ErrOutputFile = errors.New("fetcher: output file would be outside the sandbox: give a relative path that has no .. in it")
	ErrStatus     = errors.New("fetcher: unexpected HTTP status")
)

// Timeout bounds the fetching of one URI.
const Timeout = 10 * time.Minute

// Error names the URI that could not be fetched.
type Error struct {
	URI string
	Err error
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("fetch %s: %v", e.URI, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fetch brings all URIs into the sandbox. Its error is an *Error.
func Fetch(ctx context.Context, sandbox string, uris []mesos.CommandInfo_URI) error {
	if len(uris) == 0 {
		return nil
	}
	root, err := os.OpenRoot(sandbox)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, u := range uris {
		if err := fetch(ctx, root, u); err != nil {
			return &Error{URI: u.Value, Err: err}
		}
	}
	return nil
}

func fetch(ctx context.Context, root *os.Root, u mesos.CommandInfo_URI) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	name, err := outputName(u)
	if err != nil {
		return err
	}
	src, err := open(ctx, u.Value)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	mode := os.FileMode(0o644)
	if u.GetExecutable() {
		mode = 0o755
	}
	if err := write(root, name, src, mode); err != nil {
		return err
	}
	if u.GetExtract() && !u.GetExecutable() {
		return extract(root, name)
	}
	return nil
}

func outputName(u mesos.CommandInfo_URI) (string, error) {
	name := u.GetOutputFile()
	if name == "" {
		p := u.Value
		if parsed, err := url.Parse(u.Value); err == nil && parsed.Path != "" {
			p = parsed.Path
		}
		name = path.Base(p)
	}
	if !filepath.IsLocal(name) || name == "." {
		return "", ErrOutputFile
	}
	return name, nil
}

func open(ctx context.Context, uri string) (io.ReadCloser, error) {
	if filepath.IsAbs(uri) {
		return os.Open(uri)
	}
	u, err := url.Parse(uri)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(u.Scheme) {
	case "file":
		return os.Open(u.Path)
	case "http", "https":
		return get(ctx, uri)
	default:
		return nil, ErrScheme
	}
}

func get(ctx context.Context, uri string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("%w %s", ErrStatus, resp.Status)
	}
	return resp.Body, nil
}

// write makes a file of a stream, and the folders above it.
func write(root *os.Root, name string, src io.Reader, mode os.FileMode) error {
	if dir := filepath.Dir(name); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, src)
	return errors.Join(err, f.Chmod(mode), f.Close())
}

// FetchAll is Fetch with the error that Mesos' containerizers give. What went
// wrong is written to the sandbox' stderr, where Mesos' fetcher writes it.
func FetchAll(ctx context.Context, sandbox, containerID string, uris []mesos.CommandInfo_URI) error {
	err := Fetch(ctx, sandbox, uris)
	if err == nil || ctx.Err() != nil {
		return err
	}
	f, openErr := os.OpenFile(filepath.Join(sandbox, "stderr"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if openErr == nil {
		_, openErr = fmt.Fprintln(f, err)
		openErr = errors.Join(openErr, f.Close())
	}
	return &ContainerError{ContainerID: containerID, Err: errors.Join(err, openErr)}
}

// ContainerError says that a container cannot be launched for want of its URIs.
type ContainerError struct {
	ContainerID string
	Err         error
}

// Error implements error, in Mesos' words.
func (e *ContainerError) Error() string {
	return fmt.Sprintf("Failed to fetch all URIs for container '%s': exited with status 1", e.ContainerID)
}

// Unwrap returns the cause.
func (e *ContainerError) Unwrap() error { return e.Err }
