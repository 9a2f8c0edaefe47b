package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

const (
	// masterTimeout bounds one question to a master, answerMax its answer.
	masterTimeout = 5 * time.Second
	answerMax     = 8 << 20
)

// Credential is what the master of a data directory knows taurus by. The zero value is
// none.
type Credential struct{ Principal, Secret string }

// AskMaster asks the master at a base URL, such as http://host:5050, about itself, and
// follows to nowhere else. The credential is of this machine's: the log says where the
// master is, and a master elsewhere is asked as a stranger.
func AskMaster(ctx context.Context, base string, own Credential) *Mesos {
	m := &Mesos{Master: base}
	asking := asker{client: &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if onLoopback(base) {
		asking.own = own
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
		if m.Err = asking.ask(ctx, base+q.path, q.answer); m.Err != nil {
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

// onLoopback reports whether a URL leads to an address of this machine's loopback.
func onLoopback(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}

// asker asks one master.
type asker struct {
	client *http.Client
	own    Credential
}

func (a asker) ask(ctx context.Context, url string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, masterTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	req.Header.Set("Accept", "application/json")
	if a.own.Principal != "" {
		req.SetBasicAuth(a.own.Principal, a.own.Secret)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return errNotAsked
	default:
		return fmt.Errorf("ask %s: it answers %s", url, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerMax)).Decode(answer); err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	return nil
}
