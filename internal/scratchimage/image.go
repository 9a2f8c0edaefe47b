package scratchimage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
)

// LabelDigest is the label of every image made here; its value tells the content.
const LabelDigest = "taurus.scratchimage.digest"

// Image is an image to be built.
type Image struct {
	// Tag names the image: "name" or "name:tag".
	Tag string
	// Executable is the file on this machine.
	Executable string
	// Path is where it goes in the image; empty means / and its own name.
	Path string
	// Links are further absolute paths at which it is found, symbolic links to Path.
	Links []string
	// Entrypoint is the image's; empty means Path alone.
	Entrypoint []string
	// Labels are the image's, besides LabelDigest.
	Labels map[string]string
}

// Build makes the image, unless the tag has the same content already.
func (i Image) Build(ctx context.Context, cli *client.Client) error {
	if i.Path == "" {
		i.Path = "/" + filepath.Base(i.Executable)
	}
	i.Path = path.Join("/", i.Path)
	if len(i.Entrypoint) == 0 {
		i.Entrypoint = []string{i.Path}
	}
	layout, err := i.layout()
	if err != nil {
		return fmt.Errorf("scratchimage: %s: %w", i.Executable, err)
	}
	digest, err := i.digest(layout)
	if err != nil {
		return fmt.Errorf("scratchimage: %s: %w", i.Executable, err)
	}
	before, err := find(ctx, cli, i.Tag)
	if err != nil || before.digest == digest {
		return err
	}
	if err := i.load(ctx, cli, layout, digest); err != nil {
		return err
	}
	return before.remove(ctx, cli)
}

// digest covers all that makes the image what it is.
func (i Image) digest(layout []entry) (string, error) {
	h := sha256.New()
	settings, err := json.Marshal(struct {
		Entrypoint []string
		Labels     map[string]string
	}{i.Entrypoint, i.Labels})
	if err != nil {
		return "", err
	}
	if _, err := h.Write(settings); err != nil {
		return "", err
	}
	if err := archive(h, layout); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// predecessor is the image that has the tag; its digest is empty if there is none
// or if it was not made here.
type predecessor struct{ id, digest string }

func find(ctx context.Context, cli *client.Client, tag string) (predecessor, error) {
	image, err := cli.ImageInspect(ctx, tag)
	if errdefs.IsNotFound(err) {
		return predecessor{}, nil
	}
	if err != nil || image.Config == nil {
		return predecessor{}, err
	}
	return predecessor{id: image.ID, digest: image.Config.Labels[LabelDigest]}, nil
}

// remove removes an image made here that has lost its tag, unless a
// container or another tag still needs it.
func (p predecessor) remove(ctx context.Context, cli *client.Client) error {
	if p.digest == "" {
		return nil
	}
	_, err := cli.ImageRemove(ctx, p.id, client.ImageRemoveOptions{PruneChildren: true})
	if errdefs.IsConflict(err) || errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// load sends the image to the engine as it is being packed.
func (i Image) load(ctx context.Context, cli *client.Client, layout []entry, digest string) error {
	changes, err := i.changes(digest)
	if err != nil {
		return err
	}
	pr, pw := io.Pipe()
	packed := make(chan struct{})
	go func() {
		defer close(packed)
		pw.CloseWithError(archive(pw, layout))
	}()
	defer func() {
		_ = pr.Close() // Lets the packing end if the engine did not read all of it.
		<-packed
	}()
	res, err := cli.ImageImport(ctx, client.ImageImportSource{Source: pr, SourceName: "-"}, i.Tag,
		client.ImageImportOptions{Changes: changes})
	if err != nil {
		return err
	}
	return errors.Join(outcome(res), res.Close())
}

// outcome reads the engine's account of an import, whose HTTP status says nothing.
func outcome(r io.Reader) error {
	d := json.NewDecoder(r)
	for {
		var m jsonstream.Message
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if m.Error != nil {
			return m.Error
		}
	}
}

// changes are lines of a Dockerfile, which is how the engine takes an image's configuration.
func (i Image) changes(digest string) ([]string, error) {
	entrypoint, err := json.Marshal(i.Entrypoint)
	if err != nil {
		return nil, err
	}
	lines := []string{"ENTRYPOINT " + string(entrypoint)}
	labels := maps.Clone(i.Labels)
	if labels == nil {
		labels = make(map[string]string)
	}
	labels[LabelDigest] = digest
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		lines = append(lines, "LABEL "+quote(key)+"="+quote(labels[key]))
	}
	return lines, nil
}

// quote makes a word of a Dockerfile in which nothing is expanded.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(s) + `"`
}
