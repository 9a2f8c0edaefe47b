package service

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// HealthTimeout bounds one Health.
	HealthTimeout = 5 * time.Second

	healthAnswerMax = 4 << 10
)

// Health asks a process whether it is well: nil for 200, ErrUnhealthy with the
// answer for another status, else why it could not be asked. A target without a
// scheme is http, one without a path /healthz. It needs nothing of its
// container, so that an image FROM scratch can check itself.
func Health(ctx context.Context, target string) error {
	u, err := healthURL(target)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, HealthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, http.NoBody)
	if err != nil {
		return fmt.Errorf("%w: %q: %w", ErrUsage, target, err)
	}
	// Never through a proxy: what is asked is next to us.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, healthAnswerMax))
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s: %s", ErrUnhealthy, resp.Status, strings.TrimSpace(string(answer)))
	}
	return nil
}

func healthURL(target string) (string, error) {
	if !strings.Contains(target, "://") {
		target = "http://" + target
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("%w: %q is no address to ask; give host:port, or a URL such as http://127.0.0.1:8081/readyz", ErrUsage, target)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/healthz"
	}
	return u.String(), nil
}
