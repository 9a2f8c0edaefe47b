package cli

import (
	"errors"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/archive"
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/wiring/archives"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// archive is for the operators of the archive of the log.
func (a *App) archive() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "archive",
		SuggestFor: []string{"segments", "backup"},
		Short:      "Keep sealed segments of the log in a directory or a bucket",
		Long: "Keep sealed segments of the log elsewhere than in NATS: in a directory, or in a bucket of\n" +
			"whatever speaks the protocol of S3. docs/operating.md (The archive) tells more.",
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.archiveRun(), a.archiveList(), a.archiveVerify(), a.archiveGet())
	return cmd
}

// archiveSettings are those of a command that asks the archive alone.
type archiveSettings struct {
	app      *App
	archives archives.Settings
	settings *service.Settings
}

func (a *App) archiveCommand(cmd *cobra.Command) *archiveSettings {
	s := &archiveSettings{app: a}
	s.settings = service.NewSettings("archive", cmd.Flags(), s.archives.Register)
	return s
}

// with reads the settings, opens the archive, and hands it over.
func (s *archiveSettings) with(run func(*archive.Archive) error) error {
	if err := s.settings.Load(s.app.lookup); err != nil {
		return err
	}
	return withArchive(&s.archives, s.settings, run)
}

// lookup is the environment as settings are looked for in it.
func (a *App) lookup(name string) (string, bool) {
	value := a.Getenv(name)
	return value, value != ""
}

func withArchive(from *archives.Settings, settings *service.Settings, run func(*archive.Archive) error) (err error) {
	if err := from.Required(settings); err != nil {
		return err
	}
	opened, end, err := from.Open()
	if err != nil {
		return err
	}
	defer func() {
		if ending := end(); err == nil {
			err = ending
		}
	}()
	return run(opened)
}

// archiveList shows the segments.
func (a *App) archiveList() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls", "show"},
		Short:      "List the segments of the archive",
		Long: "List the segments of the archive. Their manifests are held against each other; what is in the\n" +
			"files `taurus archive verify` looks at.",
		Example: "  taurus archive list --archive file:///var/lib/taurus/archive",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
	}
	s := a.archiveCommand(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return s.with(func(from *archive.Archive) error {
			if err := from.Refresh(cmd.Context()); err != nil {
				return err
			}
			list := []*archive.Manifest{}
			for m, err := range from.Manifests(cmd.Context()) {
				if err != nil {
					return err
				}
				list = append(list, m)
			}
			return a.show(list, func(w io.Writer) error { return a.writeSegments(w, list) })
		})
	}
	return cmd
}

func (a *App) writeSegments(w io.Writer, list []*archive.Manifest) error {
	if len(list) == 0 {
		say(a.Err, "the archive is empty")
		return nil
	}
	t := table.New("FROM", "TO", "RECORDS", "BYTES", "FIRST", "LAST", "SEALED", "FILE")
	for _, m := range list {
		t.Row(strconv.FormatUint(m.From, 10), strconv.FormatUint(m.To, 10), strconv.FormatUint(m.Records, 10), strconv.FormatInt(m.Bytes, 10),
			moment(m.FromTime), moment(m.ToTime), strconv.FormatUint(m.Seal, 10), m.File)
	}
	_, err := t.WriteTo(w)
	return err
}

// archiveVerify reads all of the archive.
func (a *App) archiveVerify() *cobra.Command {
	var alone bool
	var archived archives.Settings
	cmd := &cobra.Command{
		Use:        "verify",
		SuggestFor: []string{"check"},
		Short:      "Read all of the archive and say whether it is whole: exit 0, otherwise 1",
		Long: "Read all of the archive, and hold it against its checksums, against the hash that links all\n" +
			"records of the log, and against the seals that the log itself still has.\n" +
			"Exit statuses: 0 it is whole, 1 it is not.",
		Example: "  taurus archive verify --archive file:///var/lib/taurus/archive\n" +
			"  taurus archive verify --archive 's3://taurus/prod?endpoint=minio.example.com:9000' --alone",
		Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
	}
	settings := a.natsCommand(cmd, natsauth.Observer, archived.Register)
	cmd.Flags().BoolVar(&alone, "alone", false, "look at the archive alone, and not at the log")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		n, err := settings.load(cmd.Context())
		if err != nil {
			return err
		}
		return withArchive(&archived, settings.settings, func(from *archive.Archive) error {
			verify := func(log eventlog.Log) error {
				v, err := from.Verify(cmd.Context(), log)
				if err != nil {
					return err
				}
				return a.showVerification(v)
			}
			if alone {
				return verify(nil)
			}
			return a.ledger(cmd.Context(), n, verify)
		})
	}
	return cmd
}

func (a *App) showVerification(v archive.Verification) error {
	err := a.show(v, func(w io.Writer) error {
		if v.Segments == 0 {
			say(w, "the archive is empty")
		} else {
			say(w, "sequences %d..%d: %s in %s, %d bytes; the log still has %s of them, which fit",
				v.From, v.To, count64(v.Records, "record"), count64(uint64(v.Segments), "segment"), v.Bytes, count64(uint64(v.Compared), "seal"))
		}
		for _, file := range v.Left {
			say(w, "no segment has %s: whoever wrote it was interrupted, or another was first; it may be removed", file)
		}
		if v.Whole {
			say(w, "the archive is whole")
		} else {
			say(w, "the archive is NOT whole: %s", v.Problem)
		}
		return nil
	})
	if err == nil && !v.Whole {
		return &statusError{error: errTold, status: ExitFailed}
	}
	return err
}

// errEmptyArchive says that there is nothing to get.
var errEmptyArchive = errors.New("the archive is empty")
