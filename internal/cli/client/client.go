package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 256 << 20

// Client asks one API. It is safe for concurrent use.
type Client struct {
	base, actor string
	// token gives the token to sign in with, empty for none; nil is none.
	token func() (string, error)
	http  func() (*http.Client, error)
}

// New returns a client of the API at a base URL such as http://127.0.0.1:8080; a
// missing scheme means http. The log names actor as on whose behalf it was asked; empty is
// nobody's but one's own.
func New(base, actor string) *Client {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	return &Client{base: strings.TrimRight(base, "/"), actor: actor, http: func() (*http.Client, error) { return &http.Client{}, nil }}
}

// Secure has connections be made as a configuration says, which is asked for with the first
// request; a nil one is that of the system. Its error is that of the request.
func (c *Client) Secure(config func() (*tls.Config, error)) *Client {
	c.http = sync.OnceValues(func() (*http.Client, error) {
		secure, err := config()
		if err != nil || secure == nil {
			return &http.Client{}, err
		}
		transport, ok := http.DefaultTransport.(*http.Transport)
		if !ok {
			transport = &http.Transport{ForceAttemptHTTP2: true}
		}
		transport = transport.Clone()
		transport.TLSClientConfig = secure
		return &http.Client{Transport: transport}, nil
	})
	return c
}

// SignIn has requests show a token, which is asked for by each; an empty one is none. Its
// error is that of the request.
func (c *Client) SignIn(token func() (string, error)) *Client {
	c.token = token
	return c
}

// request is one call, taken apart.
type request struct {
	method, path string
	query        url.Values
	header       http.Header
	body         []byte
}

// open sends a request. The caller closes the body of a good answer; any other
// answer comes as a *Problem.
func (c *Client) open(ctx context.Context, r request) (*http.Response, error) {
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", address, err)
	}
	maps.Copy(req.Header, r.header)
	if c.token != nil {
		token, err := c.token()
		if err != nil {
			return nil, err
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
	}
	if c.actor != "" {
		req.Header.Set("X-Taurus-Actor", c.actor)
	}
	sender, err := c.http()
	if err != nil {
		return nil, err
	}
	resp, err := sender.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if resp.StatusCode < http.StatusBadRequest {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, problem(resp)
}

// unreachable tells a caller that gave up from an API that is not there.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("ask %s: %w", c.base, context.Cause(ctx))
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return &UnreachableError{Base: c.base, Cause: err}
}

// problem reads an error answer; one that is no problem document is not of
// taurus, and keeps its status and the beginning of its text.
func problem(resp *http.Response) error {
	const enough = 64 << 10
	body, err := io.ReadAll(io.LimitReader(resp.Body, enough))
	if err != nil {
		return &Problem{Status: resp.StatusCode, Title: resp.Status, foreign: true}
	}
	p := &Problem{}
	if json.Unmarshal(body, p) != nil || p.Title == "" {
		const beginning = 200
		p = &Problem{Title: resp.Status, Detail: strings.TrimSpace(string(body[:min(len(body), beginning)])), foreign: true}
	}
	p.Status = resp.StatusCode
	return p
}

// do sends a request and decodes its answer into v unless v is nil.
func (c *Client) do(ctx context.Context, r request, v any) error {
	resp, err := c.open(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if v == nil {
		return nil
	}
	err = json.UnmarshalRead(io.LimitReader(resp.Body, maxAnswer), v)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("ask %s: %w", c.base, context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("%w: %s %s%s: %w", ErrAnswer, r.method, c.base, r.path, err)
	}
	return nil
}

// get asks with GET.
func (c *Client) get(ctx context.Context, path string, query url.Values, v any) error {
	return c.do(ctx, request{method: http.MethodGet, path: path, query: query}, v)
}

// jobPath is the path of a job. Ids may hold slashes.
func jobPath(id string, rest ...string) string {
	return "/v2/jobs/" + url.PathEscape(id) + strings.Join(rest, "")
}
