package v2_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
	v2 "github.com/milosgajdos/taurus/services/api/v2"
)

// TestHandover: a code is good once, for a minute, and for the token that it was made for.
func TestHandover(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64 // All of the api goes by it.
	began := time.Now()
	r := apitest.New(t, func(o *api.Options) { o.Now = func() time.Time { return began.Add(time.Duration(passed.Load())) } })
	made := create(r, `{"owner":"ci","roles":["reader"]}`)
	bearer := apitest.Headers{"Authorization": "Bearer " + made.Token}
	hand := func() string {
		t.Helper()
		var code struct{ Code string }
		answer := r.Do("POST", "/v2/handovers", "", bearer).Want(201)
		answer.Into(&code)
		if answer.Header.Get("Cache-Control") != "no-store" || len(code.Code) < 26 || strings.Contains(made.Token, code.Code) {
			t.Errorf("%v: %s", answer.Header, answer.Body)
		}
		return `{"code":"` + code.Code + `"}`
	}
	one, two := hand(), hand()
	got := r.Do("POST", "/v2/handovers/redeem", one).Want(200)
	if want := `"token":"` + made.Token + `"`; !strings.Contains(got.Body, want) || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("redeemed is %v, %s", got.Header, got.Body)
	}
	r.Do("POST", "/v2/handovers/redeem", one).Want(404)
	passed.Add(int64(v2.HandoverFor + 1))
	r.Do("POST", "/v2/handovers/redeem", two).Want(404)
	for _, none := range []apitest.Headers{{}, {"Authorization": "Bearer"}, {"Authorization": "Basic YTpi"}} {
		if status := r.Do("POST", "/v2/handovers", "", none).Status; status != 400 && status != 401 {
			t.Errorf("with %v: %d", none, status)
		}
	}
	r.Do("POST", "/v2/handovers/redeem", `{"code":""}`).Want(404)
	r.Do("POST", "/v2/handovers/redeem", "").Want(404)
	// One principal takes no more than its share, whatever its tokens, and others theirs.
	for n := range v2.HandoversMax / v2.HandoversEach {
		if n > 0 {
			bearer["Authorization"] = "Bearer " + create(r, fmt.Sprintf(`{"owner":"ci%d","roles":["reader"]}`, n)).Token
		}
		made.Token = strings.TrimPrefix(bearer["Authorization"], "Bearer ")
		for range v2.HandoversEach {
			hand()
		}
		r.Do("POST", "/v2/handovers", "", bearer).Want(429)
	}
	bearer["Authorization"] = "Bearer " + create(r, `{"owner":"late","roles":["reader"]}`).Token
	r.Do("POST", "/v2/handovers", "", bearer).Want(429)
	passed.Add(int64(v2.HandoverFor + 1))
	hand()
}
