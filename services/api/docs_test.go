package api_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/services/api/apitest"
)

// docs/api.md has a curl line for every route, and no line that leads nowhere.
func TestDocsHaveALineForEveryRoute(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	e, ok := apitest.New(t).API.Handler().(*echo.Echo)
	if !ok {
		t.Fatal("the handler is no router")
	}
	told := map[string]bool{}
	for line := range strings.SplitSeq(string(doc), "\n") {
		target := regexp.MustCompile(`127\.0\.0\.1:8080(/[^ '?]*)`).FindStringSubmatch(line)
		if target == nil {
			continue
		}
		method := "GET"
		switch {
		case strings.Contains(line, "-X DELETE"):
			method = "DELETE"
		case strings.Contains(line, "-X PUT"):
			method = "PUT"
		case strings.Contains(line, "-d ") || strings.Contains(line, "--data-binary"):
			method = "POST"
		}
		c := e.NewContext(nil, nil)
		e.Router().Find(method, target[1], c)
		if c.Path() == "" {
			t.Errorf("no route for %s", line)
		}
		told[method+" "+c.Path()] = true
	}
	for _, route := range e.Routes() {
		if route.Method != http.MethodHead && !told[route.Method+" "+route.Path] {
			t.Errorf("no line for %s %s", route.Method, route.Path)
		}
	}
}

// Every kind of problem is in the docs.
func TestDocsNameEveryProblem(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var names [][][]byte
	err = filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		names = append(names, regexp.MustCompile(`http\.Status\w+, (?:Name: )?"([a-z-]+)"`).FindAllSubmatch(source, -1)...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 30 {
		t.Fatalf("found %d problems", len(names))
	}
	for _, name := range names {
		if !strings.Contains(string(doc), "`"+string(name[1])+"`") {
			t.Errorf("%s is not told of", name[1])
		}
	}
}
