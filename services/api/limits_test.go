package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
	"github.com/milosgajdos/taurus/services/api/web"
)

// parked are requests under way that wait for what does not come.
type parked struct {
	end context.CancelFunc
	all sync.WaitGroup
}

// park has n requests of a client wait, and returns once all do.
func park(t *testing.T, s *api.Service, n int, method, target, client string) *parked {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &parked{end: cancel}
	in := make(chan struct{}, n)
	for range n {
		p.all.Go(func() {
			req := httptest.NewRequestWithContext(ctx, method, target, &waiting{ctx: ctx, in: in})
			req.RemoteAddr = client + ":1"
			s.Handler().ServeHTTP(httptest.NewRecorder(), req)
		})
	}
	for range n {
		<-in
	}
	t.Cleanup(p.leave)
	return p
}

func (p *parked) leave() {
	p.end()
	p.all.Wait()
}

// waiting is a body that does not come before its request is given up.
type waiting struct {
	ctx  context.Context
	in   chan<- struct{}
	once sync.Once
}

func (w *waiting) Read([]byte) (int, error) {
	w.once.Do(func() { w.in <- struct{}{} })
	<-w.ctx.Done()
	return 0, w.ctx.Err()
}

// sendFrom sends a request as a client of an address.
func sendFrom(t *testing.T, s *api.Service, client, method, target, body string, headers ...header) apitest.Answer {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	req.RemoteAddr = client + ":2"
	for _, h := range headers {
		for k, v := range h {
			req.Header.Set(k, v)
		}
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	return apitest.Read(t, w)
}

// crowded checks that an answer is 429, and says what there is too much of in the way of
// its dialect.
func crowded(t *testing.T, a apitest.Answer, parts ...string) {
	t.Helper()
	a.Want(http.StatusTooManyRequests)
	if a.Header.Get("Retry-After") == "" {
		t.Errorf("no Retry-After with %s", a.Body)
	}
	for _, part := range parts {
		if !strings.Contains(a.Body, part) {
			t.Errorf("no %q in %s", part, a.Body)
		}
	}
}

const (
	greedy, other = "192.0.2.1", "192.0.2.2"
	scaling       = "/v2/jobs/web/scale" // Waits for its body.
)

// One client has so many requests, and others theirs all the same.
func TestRequestsOfOneClientAreBounded(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Requests = web.Limits{Requests: 16, RequestsEach: 4} })
	r.Create(apitest.OneTask)
	p := park(t, r.API, 4, "POST", scaling, greedy)
	const own = "Of one client at most 4 requests are served at once (--requests-per-client)"
	for _, target := range []string{"/", "/v2/jobs", "/v2/jobs/web", "/v2/version", "/job/web", "/job/all", "/v1/job/all"} {
		crowded(t, sendFrom(t, r.API, greedy, "GET", target, ""), own, "urn:taurus:problem:crowded")
		sendFrom(t, r.API, other, "GET", target, "").Want(200)
	}
	crowded(t, sendFrom(t, r.API, greedy, "DELETE", "/job/web", ""), own)
	p.leave()
	sendFrom(t, r.API, greedy, "GET", "/v2/jobs/web", "").Want(200)
}

// Where there is no room for anything else, there is for stops.
func TestStopsHaveRoomOfTheirOwn(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Requests = web.Limits{Requests: 16, RequestsEach: 16} })
	r.Create(apitest.OneTask)
	r.Create(strings.Replace(apitest.OneTask, "web", "db", 1))
	p := park(t, r.API, 14, "POST", scaling, greedy)
	const all = "At most 14 requests are served at once (--requests-max)"
	crowded(t, sendFrom(t, r.API, other, "GET", "/v2/jobs/web", ""), all)
	crowded(t, sendFrom(t, r.API, other, "GET", "/job/web", ""), all)
	crowded(t, sendFrom(t, r.API, other, "POST", "/v2/jobs", apitest.OneTask), all)
	sendFrom(t, r.API, other, "POST", "/v2/jobs/web/stop", "").Want(200)
	sendFrom(t, r.API, other, "DELETE", "/job/db", "").Want(200)
	sendFrom(t, r.API, other, "DELETE", "/v1/job/all", "").Want(200)
	p.leave()
	sendFrom(t, r.API, other, "GET", "/v2/jobs/web", "").Want(200)
}

// Submissions that are slow to come leave room for the rest, and what is large does.
func TestCostlyRequestsLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Requests = web.Limits{Requests: 16, RequestsEach: 16} })
	r.Create(apitest.OneTask)
	park(t, r.API, 4, "POST", "/v2/jobs", greedy)
	crowded(t, sendFrom(t, r.API, other, "POST", "/v2/jobs", apitest.OneTask), "At most 4 submissions", "--requests-max")
	crowded(t, sendFrom(t, r.API, other, "POST", "/job/new", apitest.OneTask), "At most 4 submissions", "--requests-max")
	sendFrom(t, r.API, other, "GET", "/v2/jobs", "").Want(200)

	ctx, cancel := context.WithCancel(t.Context())
	var waiters sync.WaitGroup
	defer waiters.Wait()
	defer cancel()
	for range 2 {
		waiters.Go(func() {
			// It may find the door taken by who looks whether it is.
			for w := (&httptest.ResponseRecorder{Code: 429}); w.Code == 429 && ctx.Err() == nil; {
				w = httptest.NewRecorder()
				r.API.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/job/all?after=1000", http.NoBody))
			}
		})
	}
	const large = "At most 2 lists, histories and looks at the past"
	testwait.Until(t, "large answers to be under way", func() bool { return sendFrom(t, r.API, other, "GET", "/job/all", "").Status == 429 })
	for _, target := range []string{"/v2/jobs", "/v2/jobs/web/tasks", "/v2/jobs/web/events", "/v2/jobs/web?at=1", "/v2/cluster?at=1", "/job/web?at=1"} {
		crowded(t, sendFrom(t, r.API, other, "GET", target, ""), large, "--requests-max")
	}
	sendFrom(t, r.API, other, "GET", "/v2/jobs/web", "").Want(200)
}

// Feeds are bounded in all and of one client, and cost no other request its place.
func TestFeedsAreBounded(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Requests = web.Limits{Feeds: 3, FeedsEach: 2} })
	r.Create(apitest.OneTask)
	asFeed := header{"Accept": "text/event-stream"}
	feeds := []*apitest.SSE{r.Feed("/v2/events"), r.Feed("/v2/jobs/web/events", asFeed)}
	const own = "Of one client at most 2 feeds are served at once (--feeds-per-client)"
	crowded(t, sendFrom(t, r.API, "127.0.0.1", "GET", "/v2/events", ""), own)
	crowded(t, sendFrom(t, r.API, "127.0.0.1", "GET", "/v2/jobs/web/events", "", asFeed), own)
	sendFrom(t, r.API, "127.0.0.1", "GET", "/v2/jobs/web/events", "").Want(200)

	ctx, cancel := context.WithCancel(t.Context())
	var third sync.WaitGroup
	defer third.Wait()
	defer cancel()
	third.Go(func() {
		req := httptest.NewRequestWithContext(ctx, "GET", "/v2/events", http.NoBody)
		req.RemoteAddr = other + ":1"
		r.API.Handler().ServeHTTP(httptest.NewRecorder(), req)
	})
	const all = "At most 3 feeds are served at once (--feeds-max)"
	testwait.Until(t, "the third feed to be open", func() bool {
		return strings.Contains(sendFrom(t, r.API, "192.0.2.3", "HEAD", "/v2/events", "").Body, all)
	})
	feeds[0].Close()
	testwait.Until(t, "room for a feed", func() bool { return sendFrom(t, r.API, "127.0.0.1", "HEAD", "/v2/events", "").Status == 200 })
}

// dialled is a connection to a service.
type dialled struct {
	net.Conn
	read *bufio.Reader
}

// dial connects from an address of this machine.
func dial(t *testing.T, s *api.Service, from string) *dialled {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(testwait.Patience))
	return &dialled{Conn: conn, read: bufio.NewReader(conn)}
}

// ask returns the answer to a GET, and the body of one whose length is told.
func (d *dialled) ask(t *testing.T, target string) (status int, header textproto.MIMEHeader, body string) {
	t.Helper()
	if _, err := fmt.Fprintf(d, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target); err != nil {
		t.Fatal(err)
	}
	read := textproto.NewReader(d.read)
	line, err := read.ReadLine()
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	if _, err := fmt.Sscanf(line, "HTTP/1.1 %d", &status); err != nil {
		t.Fatalf("%s: %q", target, line)
	}
	if header, err = read.ReadMIMEHeader(); err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	length, _ := strconv.Atoi(header.Get("Content-Length"))
	all := make([]byte, length)
	if _, err := io.ReadFull(d.read, all); err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return status, header, string(all)
}

// is checks the status of a GET.
func (d *dialled) is(t *testing.T, target string, want int) {
	t.Helper()
	if status, _, body := d.ask(t, target); status != want {
		t.Fatalf("%s: status %d, want %d: %s", target, status, want, body)
	}
}

// refused reads the answer to who was not let in.
func (d *dialled) refused(t *testing.T, part string) {
	t.Helper()
	status, header, body := d.ask(t, "/v2/version")
	if status != http.StatusTooManyRequests || header.Get("Retry-After") == "" || !strings.Contains(body, part) {
		t.Fatalf("status %d, %s; want 429 with %s", status, body, part)
	}
}

// Connections are bounded, and the idle give way to those that are not.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	r := apitest.New(t, func(o *api.Options) { o.Connections, o.ConnectionsEach, o.Metrics = 3, 2, registry })
	const one, two, three = "127.0.0.1", "127.0.0.2", "127.0.0.3"
	// Two of one client: the idle one gives way to a third.
	idle, busy := dial(t, r.API, one), dial(t, r.API, one)
	idle.is(t, "/v2/version", 200)
	busy.is(t, "/v2/events", 200)
	// An answer is with the client before the server holds the connection for idle.
	testwait.Until(t, "the idle connection to give way", func() bool {
		third := dial(t, r.API, one)
		status, _, body := third.ask(t, "/v2/events")
		if status == http.StatusTooManyRequests && strings.Contains(body, "--connections-per-client") {
			_ = third.Close()
			return false
		}
		if status != http.StatusOK {
			t.Fatalf("status %d, %s", status, body)
		}
		return true
	})
	if _, err := idle.read.ReadByte(); err == nil {
		t.Fatal("the idle connection has something to say")
	}
	dial(t, r.API, one).refused(t, "--connections-per-client")
	// Another client has the third place, and the fourth of all is too many.
	dial(t, r.API, two).is(t, "/v2/events", 200)
	dial(t, r.API, three).refused(t, "--connections-max")
	// Who ends makes room.
	_ = busy.Close()
	testwait.Until(t, "room for a connection", func() bool {
		d := dial(t, r.API, three)
		defer d.Close()
		status, _, body := d.ask(t, "/v2/version")
		if status != http.StatusOK && status != http.StatusTooManyRequests {
			t.Fatalf("status %d, %s", status, body)
		}
		return status == http.StatusOK
	})
	if n, err := testutil.GatherAndCount(registry, "taurus_api_connections_refused_total"); err != nil || n != 1 {
		t.Errorf("%d series, %v", n, err)
	}
}

// What is only looked at once, and small bodies, have bounds of their own.
func TestWhatIsAskedIsBounded(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	for target, part := range map[string]string{
		"/v2/jobs?label=" + strings.Repeat("a,", 40) + "a":             "32 at most",
		"/v2/events?type=" + strings.Repeat("taurus.a.,", 40):          "name 32 at most",
		"/v2/jobs/web/events?type=" + strings.Repeat("taurus.a.,", 40): "name 32 at most",
	} {
		if a := r.Do("GET", target, "").Want(400); !strings.Contains(a.Body, part) {
			t.Errorf("no %q in %s", part, a.Body)
		}
	}
	r.Do("GET", "/v2/jobs?state="+strings.Repeat("running,", 1000), "").Want(200)
	if a := r.Do("POST", scaling, `{"group":"`+strings.Repeat("x", 70<<10)+`"}`).Want(413); !strings.Contains(a.Body, "64 KiB") {
		t.Error(a.Body)
	}
}

// Documents that are small and come to much are refused before they do.
func TestBombsAreRefused(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	var aliases strings.Builder
	aliases.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for n := 1; n < 20; n++ {
		fmt.Fprintf(&aliases, "a%d: &a%d [%s]\n", n, n, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", n-1), 10), ","))
	}
	yaml := header{"Content-Type": "application/yaml"}
	for name, send := range map[string]func() apitest.Answer{
		"aliases of aliases": func() apitest.Answer { return r.Do("POST", "/v2/jobs", aliases.String(), yaml) },
		"deep YAML":          func() apitest.Answer { return r.Do("POST", "/v2/jobs", strings.Repeat("[", 100_000), yaml) },
		"much YAML":          func() apitest.Answer { return r.Do("POST", "/v2/jobs", strings.Repeat("- a\n", 60_000), yaml) },
		"deep JSON":          func() apitest.Answer { return r.Do("POST", "/v2/jobs", strings.Repeat("[", 1<<20)) },
		"deep labels":        func() apitest.Answer { return r.Do("POST", "/v2/jobs", `{"labels":`+strings.Repeat(`{"a":`, 100_000)) },
		"legacy deep JSON":   func() apitest.Answer { return r.Do("POST", "/job/new", strings.Repeat("[", 1<<20)) },
		"small body":         func() apitest.Answer { return r.Do("POST", scaling, strings.Repeat("[", 60<<10)) },
	} {
		if a := send(); a.Status != 400 {
			t.Errorf("%s: status %d, %s", name, a.Status, a.Body)
		}
	}
}
