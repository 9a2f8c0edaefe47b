package allinone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"github.com/milosgajdos/taurus/internal/pause"
	"github.com/milosgajdos/taurus/internal/service"
)

// announced waits until the process of a pid has written its announcement. One
// of an earlier process in the same file does not count.
func announced(ctx context.Context, path string, pid int) (service.Announcement, error) {
	for {
		a, err := service.ReadAnnouncement(path)
		switch {
		case err == nil && a.PID == pid:
			return a, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return a, err
		}
		if err := pause.For(ctx, pollEvery); err != nil {
			return a, fmt.Errorf("it has not said where it listens: %w", err)
		}
	}
}

// pollEvery is the pause between two looks at a process that is coming up.
const pollEvery = 25 * time.Millisecond

// awaitReady waits until a process says that it is ready. One without an admin
// address is ready once it has announced itself.
func awaitReady(ctx context.Context, client *http.Client, a service.Announcement) error {
	if a.AdminAddress == "" {
		return nil
	}
	for {
		why := askReady(ctx, client, "http://"+a.AdminAddress+"/readyz")
		if why == nil {
			return nil
		}
		if err := pause.For(ctx, pollEvery); err != nil {
			return fmt.Errorf("%w (%w)", why, err)
		}
	}
}

// askReady asks once.
func askReady(ctx context.Context, client *http.Client, url string) error {
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("it is not ready: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it is not ready: %s answers %s", url, resp.Status)
	}
	return nil
}
