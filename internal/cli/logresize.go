package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring"
)

// resized is what became of the log's limit; 0 is none.
type resized struct {
	Bytes   uint64 `json:"bytes"`
	Was     uint64 `json:"was_max_bytes"`
	MaxSize int64  `json:"max_bytes"`
}

// logResize changes the log's limit.
func (a *App) logResize() *cobra.Command {
	var cmd *cobra.Command
	cmd = a.withNATS(&cobra.Command{
		Use:   "resize --max-bytes SIZE",
		Short: "Change how many bytes the log may hold, while it is in use",
		Long: "Change how many bytes the log may hold; 0 is any number. Nothing is restarted: services\n" +
			"see it within seconds, and take the log as it is whatever --max-bytes they were\n" +
			"started with. It is never made smaller than what it holds. The limit of the NATS\n" +
			"server, or of its account, has to leave room for it.",
		Example: "  taurus log resize --max-bytes 16GiB\n  taurus log resize --max-bytes 0",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
	}, func(ctx context.Context, n *wiring.NATS) error {
		if !cmd.Flags().Changed("max-bytes") {
			return usagef("--max-bytes is missing: give the new limit, such as 16GiB, or 0 for none")
		}
		was, err := n.Resize(ctx, natsName, a.natsLog())
		if err != nil {
			return err
		}
		r := resized{Bytes: was.Bytes, Was: was.MaxBytes, MaxSize: n.Limit()}
		return a.show(r, func(w io.Writer) error {
			say(w, "the log holds %d bytes and may hold %s (before: %s)", r.Bytes, limitText(r.MaxSize), limitText(int64(r.Was)))
			return nil
		})
	})
	return cmd
}

func limitText(n int64) string {
	if n == 0 {
		return "any number"
	}
	b := service.Bytes(n)
	return fmt.Sprint(&b)
}
