package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// masterTimeout bounds one question to a master, answerMax its answer.
	masterTimeout = 5 * time.Second
	answerMax     = 8 << 20
)

// AskMaster asks the master at a base URL, such as http://host:5050, about itself,
// as a principal with its secret, or as a stranger where that is empty. It follows to nowhere else.
func AskMaster(ctx context.Context, base, principal, secret string) *Mesos {
	m := &Mesos{Master: base}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var version struct {
		Version string `json:"version"`
	}
	var flags struct {
		Flags map[string]string `json:"flags"`
	}
	var agents struct {
		Slaves []struct {
			Active bool `json:"active"`
		} `json:"slaves"`
	}
	for _, q := range []struct {
		path   string
		answer any
	}{{"/version", &version}, {"/flags", &flags}, {"/slaves", &agents}} {
		if m.Err = ask(ctx, client, base+q.path, principal, secret, q.answer); m.Err != nil {
			return m
		}
	}
	m.Version, m.Flags = version.Version, flags.Flags
	for _, a := range agents.Slaves {
		if a.Active {
			m.Active++
		} else {
			m.Inactive++
		}
	}
	return m
}

func ask(ctx context.Context, client *http.Client, url, principal, secret string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, masterTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	req.Header.Set("Accept", "application/json")
	if principal != "" {
		req.SetBasicAuth(principal, secret)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		if principal != "" {
			return errNotTaken
		}
		return errNotAsked
	default:
		return fmt.Errorf("ask %s: it answers %s", url, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerMax)).Decode(answer); err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	return nil
}
