package browser_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// signIn types a token into the form, which is there already.
func (p *tab) signIn(token string) {
	p.t.Helper()
	p.write("#token", token)
	p.click("#sign-in-form button[type=submit]")
}

// TestSignIn: nothing is to be seen without, all with; nothing is left after signing out.
func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, authn.Nobody)
	token, _ := s.token("ann", access.RoleReader)
	p := newTab(t, launch(t))
	p.open(s.url)
	p.until("#sign-in", "Sign in") // By itself.
	p.shoot("sign-in")
	if jobs := p.text("#jobs"); jobs != "" {
		t.Errorf("there is to be seen: %s", jobs)
	}
	p.signIn(token[:len(token)-1] + "z")
	p.until("#why-sign-in", "The token is not known.")
	p.shoot("sign-in-wrong")
	p.click("#leave-sign-in")
	p.until("#notice", "Sign in to see what runs here")
	p.click("#sign")
	p.signIn(token)
	p.until("#jobs", "web")
	p.until("#events", "submitted")
	p.until("#live", "live")
	p.until("#me", "ann")
	p.shoot("signed-in")
	if cookies := p.eval("document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)"); cookies != "" {
		t.Errorf("the browser keeps %q", cookies)
	}
	p.click("#sign")
	p.until("#me", "not signed in")
	p.until("#notice", "Sign in to see what runs here")
	p.shoot("signed-out")
	if left := p.text("main"); strings.Contains(left, "web") {
		t.Errorf("after signing out there is to be seen: %s", left)
	}
	p.open(s.url)
	p.until("#sign-in", "Sign in")
}

// TestStaySignedIn keeps the token with the tab, and gives it to no other.
func TestStaySignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, authn.Nobody)
	token, _ := s.token("ann", access.RoleReader)
	browser := launch(t)
	p := newTab(t, browser)
	p.open(s.url)
	p.click("#remember")
	p.signIn(token)
	p.until("#jobs", "web")
	p.open(s.url + "/?again")
	p.until("#jobs", "web")
	p.until("#me", "ann")
	other := newTab(t, browser)
	other.open(s.url)
	other.until("#sign-in", "Sign in")
	p.click("#sign")
	p.until("#me", "not signed in")
	p.open(s.url + "/?once more")
	p.until("#sign-in", "Sign in")
}

// TestStop asks first, and says which right is missing where one is.
func TestStop(t *testing.T) {
	t.Parallel()
	s := newSite(t, authn.Nobody)
	reader, _ := s.token("rita", access.RoleReader)
	operator, _ := s.token("olga", access.RoleOperator)
	s.run("other")
	p := newTab(t, launch(t))
	p.open(s.url + "/#web")
	p.signIn(reader)
	p.until("#detail-title", "web")
	before := s.last()
	p.click("#stop")
	p.until("#stopping", "Stop web?")
	p.shoot("stop")
	p.click("#stopping-form button[type=submit]")
	p.until("#why-not-stopped", "It takes the right stop on web")
	p.shoot("stop-refused")
	if s.last() != before {
		t.Error("somebody without the right has written something")
	}
	p.click("#leave-stopping")
	p.click("#sign")
	p.until("#me", "not signed in")
	p.click("#sign")
	p.signIn(operator)
	p.until("#detail-title", "web")
	p.click("#stop")
	p.click("#stopping-form button[type=submit]")
	p.until("#detail-title", "stopping")
	p.until("#events", "told to stop, by olga")
	p.shoot("stopped")
	if jobs := p.text("#jobs"); !strings.Contains(jobs, "other") {
		t.Errorf("there are %s", jobs)
	}
}

// TestWithoutSigningIn shows what anybody may see.
func TestWithoutSigningIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, authn.Loopback)
	p := newTab(t, launch(t))
	p.open(s.url)
	p.until("#jobs", "web")
	p.until("#events", "submitted")
	p.until("#me", "not signed in")
	if form := p.text("#sign-in"); form != "" {
		t.Errorf("the form is there: %s", form)
	}
}

// TestRevoked ends what is shown, without anybody asking.
func TestRevoked(t *testing.T) {
	t.Parallel()
	s := newSite(t, authn.Nobody)
	token, id := s.token("ann", access.RoleReader)
	p := newTab(t, launch(t))
	p.open(s.url)
	p.signIn(token)
	p.until("#live", "live")
	s.Append(events.AccessSubject, events.TokenRevoked{ID: id, Reason: "lost"})
	p.until("#why-sign-in", "You are signed out. The token was revoked.")
	testwait.Until(t, "nothing is left to be seen", func() bool { return !strings.Contains(p.text("main"), "submitted") && p.text("#jobs") == "" })
	p.shoot("revoked")
}

// TestPartOfIt: who may see some jobs, and no history, sees those.
func TestPartOfIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, authn.Nobody)
	s.run("shop/web")
	s.Append(events.AccessSubject, events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"read"}, Jobs: []string{"shop/*"}}}})
	token, _ := s.token("sue", "shop")
	p := newTab(t, launch(t))
	p.open(s.url)
	p.signIn(token)
	p.until("#jobs", "shop/web")
	p.until("#live", "live")
	p.until("#why", "It takes the right explain on shop/web")
	p.shoot("part")
	if jobs := p.text("#jobs"); !strings.HasPrefix(jobs, "shop/web") || strings.Count(jobs, "running") != 1 {
		t.Errorf("there is to be seen: %s", jobs)
	}
	s.Stage("web", 1, 1)
	s.Stage("shop/web", 1, 1)
	p.until("#events", "shop/web slot 1")
	if events := p.text("#events"); strings.Count(events, "slot 1") != 1 {
		t.Errorf("there is to be seen: %s", events)
	}
}

// TestEnter signs in by a code that a program has handed over, once it was asked whether to.
func TestEnter(t *testing.T) {
	t.Parallel()
	s := newSite(t, authn.Nobody)
	token, _ := s.token("ann", access.RoleReader)
	var handed struct{ Code string }
	s.Do("POST", "/v2/handovers", "", apitest.Headers{"Authorization": "Bearer " + token}).Want(201).Into(&handed)
	browser := launch(t)
	p := newTab(t, browser)
	p.open(s.url + "/#code=" + handed.Code)
	p.until("#enter-title", "Sign in as ann?")
	p.shoot("enter")
	if at := p.eval("location.href"); strings.Contains(at, handed.Code) {
		t.Errorf("the code stays in %s", at)
	}
	if jobs := p.text("#jobs"); jobs != "" {
		t.Errorf("before anybody said yes, there is to be seen: %s", jobs)
	}
	p.click("#enter-form button[type=submit]")
	p.until("#jobs", "web")
	p.until("#me", "ann")
	again := newTab(t, browser)
	again.open(s.url + "/#code=" + handed.Code)
	again.until("#why-sign-in", "good once")
}
