package v2_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// madeToken is what a new token is answered with.
type madeToken struct {
	apitest.Answer

	Token string `json:"token"`
	ID    string `json:"id"`
}

func create(r *apitest.Rig, body string) (made madeToken) {
	made.Answer = r.Do("POST", "/v2/tokens", body, apitest.Headers{"X-Taurus-Actor": "ann"}).Want(201)
	made.Into(&made)
	return made
}

// TestTokensOfUsers: one is told with its secret once, listed without, revoked, and known as
// it was then; nothing of the secret, nor its hash, is in any other answer.
func TestTokensOfUsers(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	made := create(r, `{"owner":"ci","roles":["reader"],"expires":"2100-01-31T01:00:00+01:00"}`)
	token, err := authn.ParseToken(made.Token)
	if err != nil || token.ID != made.ID || made.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%v: %s, %v", err, made.Body, made.Header)
	}
	for _, want := range []string{`"owner":"ci"`, `"roles":["reader"]`, `"state":"good"`, `"created_by":"ann (through anonymous)"`, `"expires":"2100-01-31T00:00:00Z"`} {
		if !strings.Contains(made.Body, want) {
			t.Errorf("%s is not in %s", want, made.Body)
		}
	}
	create(r, `{"owner":"ci","roles":["admin"],"expires":"never"}`)
	revoked := r.Do("DELETE", "/v2/tokens/"+token.ID+"?reason=lost", "", apitest.Headers{"X-Taurus-Actor": "bob"}).Want(200)
	for _, want := range []string{`"state":"revoked"`, `"revoked_by":"bob (through anonymous)"`, `"reason":"lost"`} {
		if !strings.Contains(revoked.Body, want) {
			t.Errorf("%s is not in %s", want, revoked.Body)
		}
	}
	r.Do("DELETE", "/v2/tokens/"+token.ID, "").Want(200) // It is so already.
	r.Do("DELETE", "/v2/tokens/"+strings.Repeat("0", 32), "").Want(404)
	r.Do("DELETE", "/v2/tokens/x", "").Want(404)
	now := r.Do("GET", "/v2/tokens", "").Want(200)
	if strings.Index(now.Body, token.ID) > strings.Index(now.Body, `"admin"`) || strings.Count(now.Body, `"state":"good"`) != 1 {
		t.Errorf("got %s", now.Body)
	}
	then := r.Do("GET", "/v2/tokens?at="+made.Header.Get("X-Taurus-Sequence"), "").Want(200)
	if !strings.Contains(then.Body, `"state":"good"`) || strings.Contains(then.Body, "admin") {
		t.Errorf("then %s", then.Body)
	}
	for _, target := range []string{"/v2/tokens", "/v2/tokens?at=1", "/v2/roles", "/v2/cluster"} {
		hides(t, r.Do("GET", target, ""), token)
	}
	feed := r.Feed("/v2/events?from=1")
	for range 3 {
		ev := feed.Must()
		if !strings.HasPrefix(ev.Kind, "taurus.access.") {
			t.Errorf("it is told of %s", ev.Kind)
		}
		hides(t, apitest.Answer{Body: ev.Data}, token)
	}
}

func hides(t *testing.T, a apitest.Answer, token authn.Token) {
	t.Helper()
	if strings.Contains(a.Body, token.Hash()) || strings.Contains(a.Body, token.Text()[len(token.Text())-64:]) {
		t.Errorf("it is told: %s", a.Body)
	}
}

// TestTokensEnd in 90 days, where nobody says when.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	var made struct{ Expires time.Time }
	create(r, `{"owner":"ci","roles":["reader"]}`).Into(&made)
	if d := time.Until(made.Expires); d < 89*24*time.Hour || d > 90*24*time.Hour {
		t.Errorf("in %s", d)
	}
}

// TestWhatIsNoToken names the field, and how to mend it.
func TestWhatIsNoToken(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	for body, want := range map[string]struct {
		status int
		says   string
	}{
		``:                             {422, `"path":"owner"`},
		`{"owner":"ci"}`:               {422, `"path":"roles"`},
		`{"owner":"ci","roles":[]}`:    {422, `"path":"roles"`},
		`{"owner":"ci","roles":"x"}`:   {400, "must be a list"},
		`{"owner":"ci","roles":["x"]}`: {422, "taurus role set"},
		`{"owner":"c\u200bi","roles":["reader"]}`:                            {422, `"path":"owner"`},
		`{"owner":"ci","roles":["reader"],"expires":"soon"}`:                 {400, "2006-01-02T15:04:05Z"},
		`{"owner":"ci","roles":["reader"],"expires":"2001-01-01T00:00:00Z"}`: {422, `"path":"expires"`},
		`{"owner":"ci","roles":["reader"],"expires":"0001-01-01T00:00:00Z"}`: {400, "2006-01-02T15:04:05Z"},
		`{"owner":"ci","roles":["reader"],"hash":"00"}`:                      {400, `"path":"hash"`},
	} {
		if a := r.Do("POST", "/v2/tokens", body).Want(want.status); !strings.Contains(a.Body, want.says) {
			t.Errorf("%s: %s", body, a.Body)
		}
	}
}

// TestRolesOfUsers are set, told of beside the built-in ones, and removed.
func TestRolesOfUsers(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	body := `{"grants":[{"rights":["read","stop"],"jobs":["shop/*","cart"]}]}`
	set := r.Do("PUT", "/v2/roles/shop", body).Want(200)
	if want := `{"name":"shop","grants":[{"rights":["read","stop"],"jobs":["shop/*","cart"]}]}`; strings.TrimSpace(set.Body) != want {
		t.Errorf("got %s", set.Body)
	}
	again := r.Do("PUT", "/v2/roles/shop", body).Want(200)
	if again.Header.Get("X-Taurus-Sequence") != set.Header.Get("X-Taurus-Sequence") {
		t.Error("the same again made an event")
	}
	list := r.Do("GET", "/v2/roles", "").Want(200)
	names := regexp.MustCompile(`"name":"(\w+)"`).FindAllStringSubmatch(list.Body, -1)
	if len(names) != 5 || names[4][1] != "shop" || strings.Count(list.Body, `"built_in":true`) != 4 {
		t.Errorf("got %s", list.Body)
	}
	r.Do("DELETE", "/v2/roles/shop", "").Want(204)
	r.Do("DELETE", "/v2/roles/shop", "").Want(404)
	if then := r.Do("GET", "/v2/roles?at="+set.Header.Get("X-Taurus-Sequence"), "").Want(200); !strings.Contains(then.Body, "shop/*") {
		t.Errorf("then %s", then.Body)
	}
	for _, c := range []struct {
		method, name, body string
		status             int
		says               string
	}{
		{"PUT", "admin", body, 409, "built-in"},
		{"DELETE", "reader", "", 409, "built-in"},
		{"PUT", "a%20b", body, 422, `"path":"name"`},
		{"PUT", "shop", "", 422, `"path":"grants"`},
		{"PUT", "shop", `{"grants":[{"rights":["reed"],"jobs":["*"]}]}`, 422, `"path":"grants[0].rights[0]"`},
		{"PUT", "shop", `{"grants":[{"rights":["admin"],"jobs":["shop/*"]}]}`, 422, "on the cluster"},
		{"PUT", "shop", `{"grants":[{"rights":["read"],"jobs":["*shop"]}]}`, 422, `"path":"grants[0].jobs[0]"`},
		{"PUT", "shop", `{"grants":["read"]}`, 400, "object in braces"},
		{"PUT", "shop", `{"grants":{"rights":["read"]}}`, 400, "list in brackets"},
	} {
		if a := r.Do(c.method, "/v2/roles/"+c.name, c.body).Want(c.status); !strings.Contains(a.Body, c.says) {
			t.Errorf("%s %s %s: %s", c.method, c.name, c.body, a.Body)
		}
	}
}

// TestGroupsOfUsers get roles, others, and none; a name may have a slash.
func TestGroupsOfUsers(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	first := r.Do("PUT", "/v2/groups/%2Forg%2Fshop", `{"roles":["reader"]}`).Want(200)
	r.Do("PUT", "/v2/groups/ops", `{"roles":["admin","reader"]}`).Want(200)
	want := `"groups":[{"name":"/org/shop","roles":["reader"]},{"name":"ops","roles":["admin","reader"]}]`
	if list := r.Do("GET", "/v2/groups", "").Want(200); !strings.Contains(list.Body, want) {
		t.Errorf("got %s", list.Body)
	}
	r.Do("PUT", "/v2/groups/ops", "").Want(http.StatusBadRequest) // It says nothing.
	r.Do("PUT", "/v2/groups/ops", `{"roles":["x"]}`).Want(422)
	r.Do("PUT", "/v2/groups/ops", `{"roles":[]}`).Want(200)
	r.Do("PUT", "/v2/groups/ops", `{"roles":[]}`).Want(200)
	if list := r.Do("GET", "/v2/groups", "").Want(200); strings.Contains(list.Body, "ops") {
		t.Errorf("got %s", list.Body)
	}
	if then := r.Do("GET", "/v2/groups?at="+first.Header.Get("X-Taurus-Sequence"), "").Want(200); !strings.Contains(then.Body, "/org/shop") || strings.Contains(then.Body, "ops") {
		t.Errorf("then %s", then.Body)
	}
}
