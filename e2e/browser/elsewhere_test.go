package browser_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// attack tries all that a page may send, to an api at base, and says what it learned.
func attack(base string) string {
	return fmt.Sprintf(`(async base => {
		const told = [];
		const attempt = async (name, f) => { try { told.push(name + ": " + await f()); } catch (e) { told.push(name + ": " + e.name); } };
		const text = (path, options) => async () => { const r = await fetch(base + path, options); return r.status + " " + await r.text(); };
		const job = JSON.stringify({id: "theirs", tasks: [{name: "t", replicas: 1, container: {image: "nginx"}}]});
		await attempt("list", text("/v2/jobs"));
		await attempt("list without asking", text("/v2/jobs", {mode: "no-cors"}));
		await attempt("list with credentials", text("/v2/jobs", {credentials: "include"}));
		await attempt("list with a header", text("/v2/jobs", {headers: {"X-Taurus-Actor": "admin"}}));
		await attempt("the original's list", text("/job/all"));
		await attempt("stop", text("/v2/jobs/web/stop", {method: "POST"}));
		await attempt("stop without asking", text("/v2/jobs/web/stop", {method: "POST", mode: "no-cors", body: "{}", headers: {"Content-Type": "text/plain"}}));
		await attempt("submit", text("/v2/jobs", {method: "POST", mode: "no-cors", body: job}));
		await attempt("the original's submit", text("/job/new", {method: "POST", mode: "no-cors", body: job}));
		await attempt("beacon", async () => navigator.sendBeacon(base + "/v2/jobs/web/stop", "{}"));
		await attempt("delete", text("/job/web", {method: "DELETE"}));
		await attempt("feed", () => new Promise(done => {
			const feed = new EventSource(base + "/v2/events?from=1");
			for (const type of ["message", "taurus.job.submitted.v1"]) feed.addEventListener(type, e => { feed.close(); done(e.data); });
			feed.onerror = () => { feed.close(); done("refused"); };
		}));
		await attempt("form", () => new Promise(done => {
			const frame = document.createElement("iframe"), form = document.createElement("form");
			frame.name = "sink";
			document.body.append(frame, form);
			Object.assign(form, {method: "POST", action: base + "/v2/jobs/web/stop", target: "sink", enctype: "text/plain"});
			frame.onload = () => { let seen = "nothing"; try { seen = frame.contentDocument.body.innerText || "nothing"; } catch (e) { seen = e.name; } done(seen); };
			form.submit();
		}));
		await attempt("frame", () => new Promise(done => {
			const frame = document.createElement("iframe");
			frame.onload = () => { let seen = "nothing"; try { seen = frame.contentDocument.body.innerText || "nothing"; } catch (e) { seen = e.name; } done(seen); };
			frame.src = base + "/v2/jobs";
			document.body.append(frame);
		}));
		return told.join("\n");
	})(%q)`, base)
}

// unharmed checks that an attack learned nothing and changed nothing.
func (s *site) unharmed(told, before string) {
	s.t.Helper()
	s.t.Log(told)
	for _, secret := range []string{`"web"`, "running", "submitted", "nginx", "theirs"} {
		if strings.Contains(told, secret) {
			s.t.Errorf("a page of another site learned %s", secret)
		}
	}
	if got := s.last(); got != before {
		s.t.Errorf("a page of another site has written: the log is at %s, was at %s", got, before)
	}
}

func blank(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<!doctype html><title>elsewhere</title><body>elsewhere")
}

// TestTheAttackWorks where nothing is in its way, which shows that it is one.
func TestTheAttackWorks(t *testing.T) {
	t.Parallel()
	s := newSite(t, access.RoleAdmin)
	p := newTab(t, launch(t))
	p.open(s.url)
	before := s.last()
	told := p.eval(attack(s.url))
	if !strings.Contains(told, `list: 200 {"jobs":[{"id":"web"`) || !strings.Contains(told, `feed: {"sequence"`) || s.last() == before {
		t.Errorf("an attack from the page itself:\n%s", told)
	}
}

// TestAnotherOrigin, be it another port of the same host or another site, can neither read
// nor write; though anybody may do everything, and somebody is signed in beside it.
func TestAnotherOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, access.RoleAdmin)
	elsewhere := httptest.NewServer(http.HandlerFunc(blank))
	t.Cleanup(elsewhere.Close)
	_, port, _ := net.SplitHostPort(elsewhere.Listener.Addr().String())
	browser := launch(t, "host-resolver-rules=MAP evil.test 127.0.0.1")
	token, _ := s.token("ann", access.RoleAdmin)
	signedIn := newTab(t, browser)
	signedIn.open(s.url)
	signedIn.click("#sign")
	signedIn.click("#remember")
	signedIn.signIn(token)
	signedIn.until("#me", "ann")
	for _, origin := range []string{"http://127.0.0.1:" + port, "http://localhost:" + port, "http://evil.test:" + port} {
		before := s.last()
		p := newTab(t, browser)
		p.open(origin)
		s.unharmed(p.eval(attack(s.url)), before)
	}
}

// TestARebound name leads to the api once its page is there: the browser takes the two for
// one.
func TestAReboundName(t *testing.T) {
	t.Parallel()
	s := newSite(t, access.RoleAdmin)
	gate := rebind(t, s.API.Addr())
	_, port, _ := net.SplitHostPort(gate.addr)
	p := newTab(t, launch(t, "host-resolver-rules=MAP evil.test 127.0.0.1"))
	origin := "http://evil.test:" + port
	p.open(origin)
	p.until("body", "elsewhere")
	before := s.last()
	gate.turn()
	told := p.eval(attack(origin))
	s.unharmed(told, before)
	if !strings.Contains(told, "list: 421") {
		t.Errorf("the name does not lead to the api:\n%s", told)
	}
	p.open(origin + "/?page") // Nor does the page.
	if text := p.eval("document.documentElement.innerText"); !strings.Contains(text, "No name of this api") {
		t.Errorf("under another name the page is %s", text)
	}
}

// rebound is a listener that leads to a page of its own, and once turned to somebody else:
// what a name does that is given another address.
type rebound struct {
	addr   string
	turned atomic.Bool

	mu   sync.Mutex
	open []net.Conn
}

func rebind(t *testing.T, to string) *rebound {
	t.Helper()
	own := httptest.NewServer(http.HandlerFunc(blank))
	t.Cleanup(own.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rebound{addr: listener.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			target := own.Listener.Addr().String()
			if r.turned.Load() {
				target = to
			}
			serving.Go(func() { r.pipe(t.Context(), conn, target) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		r.hangUp()
		serving.Wait()
	})
	return r
}

// turn has connections lead elsewhere from now on.
func (r *rebound) turn() {
	r.turned.Store(true)
	r.hangUp()
}

func (r *rebound) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.open {
		_ = conn.Close()
	}
	r.open = nil
}

func (r *rebound) pipe(ctx context.Context, client net.Conn, target string) {
	var dialer net.Dialer
	server, err := dialer.DialContext(ctx, "tcp", target)
	if err != nil {
		_ = client.Close()
		return
	}
	r.mu.Lock()
	r.open = append(r.open, client, server)
	r.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = way[0].Close()
			_ = way[1].Close()
		})
	}
	both.Wait()
}
