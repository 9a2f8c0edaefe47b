package cli_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/core/access"
	corecluster "github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestTheFirstToken is written with nothing but NATS running, and printed alone; nothing of
// its secret is in the log.
func TestTheFirstToken(t *testing.T) {
	t.Parallel()
	o := &operator{t: t, nats: natstest.Start(t)}
	run := func(want int, args ...string) (out, told string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		a := cli.NewApp()
		a.Out, a.Err, a.Terminal, a.ErrTerminal = &stdout, &stderr, false, false
		a.Getenv = func(name string) string { return map[string]string{"TAURUS_NATS": o.url(), "USER": "root"}[name] }
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if got := a.Run(ctx, append([]string{"token", "first"}, args...)); got != want {
			t.Fatalf("%v: status %d, want %d: %s%s", args, got, want, &stdout, &stderr)
		}
		return stdout.String(), stderr.String()
	}
	run(cli.ExitUsage, "--owner", "ann", "--stream", "none") // There is no log.
	o.want(0, "", words("create"))
	if _, told := run(cli.ExitUsage); !strings.Contains(told, "--owner is missing") {
		t.Error(told)
	}
	if _, told := run(cli.ExitUsage, "--owner", "ann", "--role", "admins"); !strings.Contains(told, `roles[0]`) || !strings.Contains(told, `no role "admins"`) {
		t.Error(told)
	}
	out, told := run(0, "--owner", "ann", "--expires", "never")
	token, err := authn.ParseToken(strings.TrimSuffix(out, "\n"))
	if err != nil || !strings.Contains(told, "token "+token.ID+" of ann with the role admin, good for ever") || strings.Contains(told, "taurus_") {
		t.Fatalf("%q, %v: %s", out, err, told)
	}
	if out, _ := run(0, "--owner", "bob", "--role", "reader", "-o", "json"); !strings.Contains(out, `"sequence": 3`) || !strings.Contains(out, `"created_by": "root"`) {
		t.Errorf("the second: %s", out)
	}
	log := o.open()
	defer func() { _ = log.Close() }()
	s := corecluster.New()
	for _, rec := range foldtest.Records(t, log) {
		if strings.Contains(string(rec.Data), token.Text()[len(token.Text())-64:]) {
			t.Errorf("the log has the secret: %s", rec.Data)
		}
		r, err := corecluster.Decode(events.Space{}, rec.Sequence, rec.Time, rec.Message)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Apply(r); err != nil {
			t.Fatal(err)
		}
	}
	p, err := s.Access.Bearer(token.ID, token.Hash(), time.Now())
	if err != nil || p.Name != "ann" || !s.Access.May(p, access.Admin, "") {
		t.Errorf("%+v, %v", p, err)
	}
}
