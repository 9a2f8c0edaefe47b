package browser_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// program is a browser. CI has one; elsewhere the tests are skipped without.
func program(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("there is no Chromium here: .ci/run installs it")
	}
	t.Skip("there is no Chromium here; install it (apt-get install chromium) to test the page")
	return ""
}

// launch starts a browser with flags, as name=value, and returns a context of its first
// tab.
func launch(t *testing.T, flags ...string) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program(t)), chromedp.Headless, chromedp.NoFirstRun, chromedp.DisableGPU, chromedp.WindowSize(1400, 900),
		chromedp.NoDefaultBrowserCheck,
		// As root there is no sandbox, and containers have little shared memory.
		chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.UserDataDir(filepath.Join(t.TempDir(), "profile")),
	}
	for _, flag := range flags {
		name, value, _ := strings.Cut(flag, "=")
		options = append(options, chromedp.Flag(name, value))
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	return ctx
}

// tab is a page that is looked at.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T, browser context.Context) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // The tab ends with the context that it was begun with.
		t.Fatal(err)
	}
	return &tab{t, ctx}
}

// within is the time for one step.
func (p *tab) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, testwait.Patience)
}

func (p *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

func (p *tab) open(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
}

// click clicks what is there to be seen.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.do("click "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

func (p *tab) write(selector, text string) {
	p.t.Helper()
	p.do("write into "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// eval is what an expression gives, a text; promises are waited for.
func (p *tab) eval(expression string) string {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// text is that of an element as it is seen, empty if it is not.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return p.eval(`(e => e && e.checkVisibility() ? e.innerText : "")(document.querySelector("` + selector + `"))`)
}

// until waits until an element has a text in it.
func (p *tab) until(selector, text string) {
	p.t.Helper()
	last := ""
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s was %q; the page: %s", selector, last, p.eval("document.body.innerText"))
		}
	}()
	testwait.Until(p.t, selector+" says "+text, func() bool {
		last = p.text(selector)
		return strings.Contains(last, text)
	})
}

// shoot keeps a picture where BROWSER_PICTURES says.
func (p *tab) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("BROWSER_PICTURES")
	if dir == "" {
		return
	}
	ctx, cancel := p.within()
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		p.t.Fatal(err)
	}
}
