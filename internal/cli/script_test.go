package cli_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/internal/tokenfile"
	"github.com/milosgajdos/taurus/pkg/events"
)

type clusterKey struct{}

// TestScripts runs the command line, a process each time, against a real api.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Dir:           "testdata/script",
		Setup: func(env *testscript.Env) error {
			anonymous := "admin"
			if strings.HasSuffix(env.WorkDir, "script-signin") {
				anonymous = "none"
			}
			c, stop, err := newCluster(anonymous)
			if err != nil {
				return err
			}
			env.Defer(func() {
				if err := stop(); err != nil {
					t.Errorf("api: %v", err)
				}
			})
			env.Values[clusterKey{}] = c
			env.Setenv("TAURUS_API", c.url)
			env.Setenv("USER", "ann")
			env.Setenv("TZ", "UTC")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"play":   play,
			"export": export,
			"token":  token,
		},
	})
}

// status runs a command and checks its exit status: status 3 taurus job none.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	default:
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// play has the rest of taurus do something, and waits until the api knows.
func play(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: play SCENE [ARG...]")
	}
	c, ok := ts.Value(clusterKey{}).(*cluster)
	if !ok {
		ts.Fatalf("no cluster")
	}
	ctx := context.Background()
	ts.Check(c.play(ctx, args[0], args[1:]))
	bounds, err := c.log.Bounds(ctx)
	ts.Check(err)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet,
		c.url+"/v2/cluster?after="+strconv.FormatUint(bounds.Last, 10), http.NoBody)
	ts.Check(err)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	ts.Check(err)
	ts.Check(resp.Body.Close())
}

// token has the log know a token, writes it into a file, and waits until it is good.
func token(ts *testscript.TestScript, neg bool, args []string) {
	c, ok := ts.Value(clusterKey{}).(*cluster)
	if neg || len(args) < 3 || !ok {
		ts.Fatalf("usage: token FILE OWNER ROLE...")
	}
	made, err := authn.MakeToken()
	ts.Check(err)
	ctx := context.Background()
	_, err = c.append(ctx, events.AccessSubject, events.TokenCreated{ID: made.ID, Owner: args[1], Hash: made.Hash(), Roles: args[2:]})
	ts.Check(err)
	ts.Check(tokenfile.Write(ts.MkAbs(args[0]), made.Text()))
	me := client.New(c.url, "").SignIn(func() (string, error) { return made.Text(), nil })
	for deadline := time.Now().Add(testwait.Patience); ; {
		if _, err = me.WhoAmI(ctx); err == nil || time.Now().After(deadline) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	ts.Check(err)
}

// export writes the cluster's log into a file, as `taurus log export` does.
func export(ts *testscript.TestScript, neg bool, args []string) {
	c, ok := ts.Value(clusterKey{}).(*cluster)
	if neg || len(args) != 1 || !ok {
		ts.Fatalf("usage: export FILE")
	}
	ctx := context.Background()
	bounds, err := c.log.Bounds(ctx)
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	w, err := exportfile.NewWriter(f, exportfile.Header{Stream: "TAURUS", Partitions: c.space.Partitions(), From: 1})
	ts.Check(err)
	for item, err := range exportfile.Log(ctx, c.log, 1, bounds.Last) {
		ts.Check(err)
		ts.Check(w.Add(item))
	}
	ts.Check(errors.Join(w.Close(), f.Close()))
}
