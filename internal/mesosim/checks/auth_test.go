package checks_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
)

// Each part of the API has a realm of its own (section 6).
func TestRealms(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"alice": "secret"}
	m := startMaster(t, func(o *master.Options) {
		o.AuthenticateReadOnly, o.AuthenticateReadWrite, o.Credentials = true, true, secrets
	})
	a := startAgent(t, m, simulated, func(o *agent.Options) { o.ReadOnly, o.ReadWrite = secrets, secrets })
	subscribe(t, m.addr, info()).offer() // schedulers and agents need none
	alice := "Basic " + base64.StdEncoding.EncodeToString([]byte("alice:secret"))
	for _, c := range []struct{ method, addr, path, realm string }{
		{http.MethodGet, m.addr, "/state", "mesos-master-readonly"},
		{http.MethodGet, m.addr, "/master/slaves", "mesos-master-readonly"},
		{http.MethodGet, m.addr, "/frameworks", "mesos-master-readonly"},
		{http.MethodGet, m.addr, "/tasks", "mesos-master-readonly"},
		{http.MethodGet, m.addr, "/roles", "mesos-master-readonly"},
		{http.MethodGet, m.addr, "/flags", "mesos-master-readonly"},
		{http.MethodGet, m.addr, "/metrics/snapshot", "mesos-master-readonly"},
		{http.MethodPost, m.addr, "/api/v1", "mesos-master-readwrite"},
		{http.MethodPost, m.addr, "/teardown", "mesos-master-readwrite"},
		{http.MethodPost, m.addr, "/machine/down", "mesos-master-readwrite"},
		{http.MethodGet, a.addr, "/state", "mesos-agent-readonly"},
		{http.MethodGet, a.addr, "/slave(1)/files/read?path=/x", "mesos-agent-readonly"},
		{http.MethodPost, a.addr, "/api/v1", "mesos-agent-readwrite"},
	} {
		closed := ask(t, c.method, c.addr, c.path, jsonHeaders(), "{}")
		closed.is(t, c.path, 401, "401 Unauthorized.")
		if got := closed.header.Get("Www-Authenticate"); got != `Basic realm="`+c.realm+`"` {
			t.Errorf("%s: %q", c.path, got)
		}
		if opened := ask(t, c.method, c.addr, c.path, jsonHeaders("Authorization", alice), "{}"); opened.status == 401 {
			t.Errorf("%s: %d %q", c.path, opened.status, opened.body)
		}
	}
	for _, addr := range []string{m.addr, a.addr} {
		if got := get(t, addr, "/health"); got.status != 200 {
			t.Errorf("/health: %d", got.status)
		}
	}
	if got := get(t, m.addr, "/redirect"); got.status != 307 {
		t.Errorf("/redirect: %d", got.status)
	}
}

// An agent of which the master does not know the secret gets no tasks (section 6).
func TestAgentsAuthenticate(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) {
		o.AuthenticateAgents, o.Credentials = true, map[string]string{"alice": "secret"}
	})
	for path, body := range map[string]string{link.PathRegister: "{}", link.PathMessages: "[]"} {
		for _, wrong := range []string{"", "alice:other", "bob:secret"} {
			headers := jsonHeaders()
			if wrong != "" {
				headers = jsonHeaders("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(wrong)))
			}
			if got := ask(t, http.MethodPost, m.addr, path, headers, body); got.status != 401 {
				t.Errorf("%s by %q: %d", path, wrong, got.status)
			}
		}
	}
	startAgent(t, m, simulated, func(o *agent.Options) { o.Identify(map[string]string{"bob": "x", "alice": "secret"}) })
	subscribe(t, m.addr, info()).offer()
}

// What the flags of a master forbid (1.3).
func TestUnwelcomeFrameworks(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) { o.Roles, o.RejectRoot = []string{"a"}, true })
	bob := func(roles ...any) object { return with(info("MULTI_ROLE"), "roles", list(roles), "user", "bob") }
	refused(t, m.addr, object{"framework_info": bob("a", "x")}, "Roles { x } are not present in the master's --roles")
	refused(t, m.addr, object{"framework_info": with(bob("a"), "user", "root")},
		"User 'root' is not allowed to run frameworks without --root_submissions set")
	f := subscribe(t, m.addr, bob("a", "*"))
	f.try("UPDATE_FRAMEWORK", object{"framework_info": with(f.info, "roles", list{"y"})}).is(t, "UPDATE_FRAMEWORK", 400,
		"Supplied FrameworkInfo is not valid: Roles { y } are not present in the master's --roles")
}
