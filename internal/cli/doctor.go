package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/doctor"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/presence"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring"
)

const (
	// doctorPatience bounds all that a doctor asks, together.
	doctorPatience = 30 * time.Second
	doctorName     = "taurus doctor"
)

// doctor looks at the whole installation.
func (a *App) doctor() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at the whole installation, and say what to change",
		Long: "Look at NATS and what taurus keeps there, at which parts are there and able, at the\n" +
			"API and at the Mesos master that it names; a line for each, with what to change. A\n" +
			"master that asks who looks at it is shown --principal and --secret-file, if\n" +
			"--mesos-hosts names it; those of a dev or demo are found in its data directory. It\n" +
			"asks NATS itself, with the settings that the services take, best those of an admin,\n" +
			"and changes nothing. Exit status: 0 if nothing fails, 1 otherwise.",
		Example: "  taurus doctor\n  taurus doctor --nats nats://n1:4222,nats://n2:4222 --output json",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
	}
	var master wiring.Mesos
	settings := a.natsCommand(cmd, natsauth.Observer, func(s *service.Settings) {
		master.RegisterPrincipal(s, "`hosts` of the masters that the secret may be shown to, such as *.mesos.internal:5050 or 10.0.0.0/8")
	})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, cancel := context.WithTimeout(cmd.Context(), doctorPatience)
		defer cancel()
		n, err := settings.load(ctx)
		if err != nil {
			return err
		}
		if err := completeReader(settings.settings, &master); err != nil {
			return err
		}
		r := doctor.Judge(a.examine(ctx, n, &master))
		if err := a.show(r, func(w io.Writer) error { return a.writeReport(w, r) }); err != nil {
			return err
		}
		if !r.Able {
			return &statusError{errTold, ExitFailed}
		}
		return nil
	}
	return cmd
}

// completeReader refuses a secret that could be shown to nobody.
func completeReader(s *service.Settings, master *wiring.Mesos) error {
	if err := master.Complete(s); err != nil {
		return err
	}
	if master.Credentials() && master.Unnamed() {
		return s.Refuse("mesos-hosts", "is missing, so the secret could go nowhere: name the masters")
	}
	return nil
}

// examine gathers what there is to know.
func (a *App) examine(ctx context.Context, n *wiring.NATS, master *wiring.Mesos) doctor.Facts {
	f := doctor.Facts{Now: a.Now(), Version: service.Version()}
	// NATS that is away is to be said soon, not waited for.
	bounded, cancel := context.WithTimeout(ctx, doctorPatience/3)
	defer cancel()
	if f.NATS, f.NATSErr = n.Inspect(bounded, doctorName, zerolog.Nop()); f.NATSErr == nil {
		f.Parts, f.PartsErr = a.partsThere(bounded, n)
	} else {
		f.PartsErr = errNoNATS
	}
	api := a.client()
	f.API = a.base.url
	if f.Cluster, f.ClusterErr = api.Cluster(ctx, ""); f.ClusterErr == nil {
		if s := f.Cluster.Launcher.Subscription; s != nil && s.Open {
			principal, secret := master.SecretFor(s.Master)
			f.Mesos = doctor.AskMaster(ctx, s.Master, principal, secret)
		}
	}
	if p, ok := errors.AsType[*client.Problem](f.ClusterErr); ok && p.Denied() {
		f.ClusterErr = fmt.Errorf("%w. %s", f.ClusterErr, mend(p, a.base))
	}
	return f
}

var errNoNATS = fmt.Errorf("NATS was not reached")

// partsThere are the parts that say so in NATS.
func (a *App) partsThere(ctx context.Context, n *wiring.NATS) ([]presence.Seen, error) {
	all, err := n.Present(ctx, doctorName, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	return presence.Read(all, a.Now()), nil
}

// writeReport writes a line per check, and the sum of it.
func (a *App) writeReport(w io.Writer, r ready.Report) error {
	s, t := a.style(), table.New()
	n := map[ready.Level]uint32{}
	for _, c := range r.Checks {
		n[c.Level]++
		t.Row(s.level(c.Level), c.Name, story.Plain(c.Detail))
	}
	if _, err := t.WriteTo(w); err != nil {
		return err
	}
	switch {
	case n[ready.Fail] > 0:
		say(w, "%s, %s: taurus cannot do all of its work", count(n[ready.Fail], "failure"), count(n[ready.Warn], "warning"))
	case n[ready.Warn] > 0:
		say(w, "%s: taurus does its work", count(n[ready.Warn], "warning"))
	default:
		say(w, "all is well")
	}
	return nil
}

// level colours a level.
func (s style) level(l ready.Level) string {
	switch l {
	case ready.OK:
		return s.paint(green, l.String())
	case ready.Warn:
		return s.paint(yellow, l.String())
	case ready.Fail:
		return s.paint(red, l.String())
	}
	return l.String()
}
