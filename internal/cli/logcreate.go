package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/atomicfile"
	"github.com/milosgajdos/taurus/internal/wiring"
)

// logCreate makes the log.
func (a *App) logCreate() *cobra.Command {
	var memo string
	var anew bool
	cmd := a.withNATS(&cobra.Command{
		Use:   "create",
		Short: "Make the log in NATS, once for an installation",
		Long: "Make the log in NATS: the ledger, the streams of verdicts and of the audit, and the bucket of leases.\n" +
			"Services make none of them, so that one that is gone is noticed. What is there\n" +
			"already is verified and left as it is. Where something shows that there was a log\n" +
			"before, none is made: bring it back from a backup, or say --begin-anew.",
		Example: "  taurus log create --max-bytes 8GiB\n  taurus log create --nats nats://n1:4222,nats://n2:4222,nats://n3:4222 --replicas 3",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
	}, func(ctx context.Context, n *wiring.NATS) error { return a.createLog(ctx, n, memo, anew) })
	f := cmd.Flags()
	f.StringVar(&memo, "memo", "", "`file` that is written once the log is made; where it is there, a log that is gone is not made again")
	f.BoolVar(&anew, "begin-anew", false, "begin with nothing although there was a log before: its jobs are forgotten, and what runs of them runs on unknown")
	return cmd
}

func (a *App) createLog(ctx context.Context, n *wiring.NATS, memo string, anew bool) error {
	may := wiring.MayBegin
	made, err := there(memo)
	switch {
	case err != nil:
		return err
	case anew:
		may = wiring.MayBeginAnew
	case made:
		may = wiring.MayComplete
	}
	names, err := n.Create(ctx, natsName, a.user(), a.natsLog(), may)
	if err != nil {
		return lost(err, "or begin with nothing by --begin-anew")
	}
	if memo != "" && !made {
		if err := atomicfile.Replace(memo, []byte("The log was made "+time.Now().UTC().Format(time.RFC3339)+".\n")); err != nil {
			return err
		}
	}
	return a.show(struct {
		Made []string `json:"made"`
	}{names}, func(io.Writer) error {
		if len(names) == 0 {
			say(a.Err, "the log is there")
			return nil
		}
		say(a.Err, "made %s", strings.Join(names, ", "))
		return nil
	})
}

// there reports whether a file is there; one without a name is not.
func there(file string) (bool, error) {
	if file == "" {
		return false, nil
	}
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("memo: %w", err)
	}
	return true, nil
}

// prepareLog makes the log of a taurus on this machine where there never was one,
// and otherwise wants it to be there.
func (a *App) prepareLog(ctx context.Context, data string, history allinone.LogHistory, n *wiring.NATS) error {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	may := wiring.MayComplete
	if history == allinone.LogNever {
		may = wiring.MayBegin
	}
	_, err := n.Create(ctx, natsName, a.user(), a.natsLog(), may)
	if err != nil {
		return lost(err, fmt.Sprintf("or remove all of it, containers too: `%s demo --clean --data %s`", a.me(), data))
	}
	if history == allinone.LogMade {
		return nil
	}
	return allinone.WriteLogMade(data, wiring.DefaultStream)
}
