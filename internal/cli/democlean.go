package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/cli/engine"
)

// cleanDemo removes what former runs left.
func (a *App) cleanDemo(ctx context.Context, data string) error {
	data, err := realDir(data)
	if errors.Is(err, fs.ErrNotExist) {
		say(a.Err, "there is nothing to remove")
		return nil
	}
	if err != nil {
		return err
	}
	if !allinone.IsData(data) {
		return fmt.Errorf("%s is no data directory of taurus, so it is left alone", data)
	}
	// Holding the directory proves that no demo runs there.
	s, err := allinone.Open(ctx, allinone.Options{Data: data, Executable: a.Executable, Notify: a.notice})
	if err != nil {
		return err
	}
	if err = a.wipe(ctx, data); err == nil { // Otherwise the data stay, for the next try to find the containers by.
		err = allinone.Remove(data)
	}
	if err == nil {
		say(a.Err, "removed the data in %s", data)
	}
	return errors.Join(err, s.Close())
}

// wipe removes the containers of a data directory, and the image built for them.
func (a *App) wipe(ctx context.Context, data string) error {
	docker, err := engine.Find(ctx)
	if err != nil {
		return a.withoutDocker(data, err)
	}
	n, err := docker.Remove(ctx, data)
	if err == nil {
		say(a.Err, "removed %s", count(uint32(n), "container"))
		err = docker.RemoveDemo(ctx)
	}
	return errors.Join(err, docker.Close())
}

// withoutDocker refuses to forget containers that run on where Docker is not to be
// reached, for nothing else knows whose they are.
func (a *App) withoutDocker(data string, why error) error {
	n, err := engine.Expected(data)
	if err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("no Docker here (%w), so %s cannot be removed: start Docker and try again, or delete %s yourself",
			why, count(uint32(n), "container"), data)
	}
	say(a.Err, "no Docker here (%v): no containers to remove", why)
	return nil
}
