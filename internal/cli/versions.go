package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// versions lists those of a job.
func (a *App) versions() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:               "versions JOB [VERSION|TAG]",
		SuggestFor:        []string{"history", "revisions"},
		Short:             "List the versions of a job: who made them, when, and what they changed; or show one",
		Example:           "  taurus versions taurusjob\n  taurus versions taurusjob 3 -o yaml",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			moment, err := a.moment(at)
			if err != nil {
				return err
			}
			if len(args) > 1 {
				v, err := a.client().Version(cmd.Context(), args[0], args[1], moment)
				if err != nil {
					return missingAt(err, args[0], moment)
				}
				return a.show(v, func(w io.Writer) error { return a.writeVersion(w, args[0], v) })
			}
			list, err := a.client().Versions(cmd.Context(), args[0], moment)
			if err != nil {
				return missingAt(err, args[0], moment)
			}
			return a.show(list, func(w io.Writer) error { return a.writeVersions(w, list) })
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "the `moment`: a sequence, a time, or how long ago; now unless told otherwise")
	return cmd
}

func (a *App) writeVersions(w io.Writer, list []projection.Version) error {
	s := a.style()
	t := table.New("VERSION", "TAG", "TASKS", "WHEN", "BY", "CHANGES")
	for i, v := range list {
		number := fmt.Sprint(v.Version)
		if v.Wanted {
			number = s.paint(bold, number+"*")
		}
		t.Row(number, v.Tag, fmt.Sprint(v.Tasks), a.since(v.At)+" ago", v.By, clip(changed(v, i == 0)))
	}
	_, err := t.WriteTo(w)
	return err
}

// changed sums up what a version changed.
func changed(v projection.Version, first bool) string {
	paths := make([]string, 0, len(v.Changes))
	for _, c := range v.Changes {
		paths = append(paths, c.Path)
	}
	text := strings.Join(paths, ", ")
	switch {
	case v.RevertOf != 0:
		return fmt.Sprintf("version %d again%s", v.RevertOf, word(": ", text))
	case first && text == "" && v.Version == 1:
		return "as submitted"
	}
	return text
}

func (a *App) writeVersion(w io.Writer, id string, v projection.Version) error {
	s := a.style()
	t := table.New()
	line := func(name, value string) {
		if value != "" {
			t.Row(s.paint(bold, name), value)
		}
	}
	line("job", id)
	line("version", fmt.Sprintf("%d of run %d", v.Version, v.Run))
	line("tag", v.Tag)
	line("made", a.ago(v.At)+word(" by ", v.By))
	if v.RevertOf != 0 {
		line("revert of", fmt.Sprintf("version %d", v.RevertOf))
	}
	line("tasks", fmt.Sprint(v.Tasks))
	if _, err := t.WriteTo(w); err != nil {
		return err
	}
	a.writeChanges(w, v.Changes)
	say(w, "`taurus versions %s %d -o yaml` has the whole job", id, v.Version)
	return nil
}

// diff compares versions.
func (a *App) diff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff JOB [FROM [TO]]",
		Short: "Tell what differs between two versions of a job, by number or tag",
		Long: "Tell what differs between two versions of a job, by number or tag: between FROM and TO,\n" +
			"between FROM and the newest, or between the newest and the one before it.",
		Example:           "  taurus diff taurusjob\n  taurus diff taurusjob 2 stable",
		Args:              cobra.RangeArgs(1, 3),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			names := append(append([]string{}, args[1:]...), "", "")
			d, err := a.client().Diff(cmd.Context(), args[0], names[0], names[1])
			if err != nil {
				return missing(err, args[0])
			}
			return a.show(d, func(w io.Writer) error {
				if len(d.Changes) == 0 {
					say(w, "job %s: versions %d and %d do not differ", args[0], d.From, d.To)
					return nil
				}
				say(w, "job %s: from version %d to version %d", args[0], d.From, d.To)
				a.writeChanges(w, d.Changes)
				return nil
			})
		},
	}
}

// tag names versions.
func (a *App) tag() *cobra.Command {
	var remove bool
	cmd := &cobra.Command{
		Use:   "tag JOB VERSION TAG",
		Short: "Give a version of a job a name, which keeps it; or take it away with --remove",
		Long: "Give a version of a job a name, by which `revert`, `diff` and `versions` know it. A version\n" +
			"with a tag is kept. A tag names one version at most: one that had it has it no more.",
		Example:           "  taurus tag taurusjob 3 stable\n  taurus tag taurusjob stable --remove",
		Args:              cobra.RangeArgs(2, 3),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if remove != (len(args) == 2) {
				return usagef("give a version and a tag, or a version and --remove; it is `%s`", cmd.UseLine())
			}
			name := ""
			if !remove {
				name = args[2]
			}
			v, err := a.client().Tag(cmd.Context(), args[0], args[1], name)
			if err != nil {
				return missing(err, args[0])
			}
			return a.show(v, func(w io.Writer) error {
				if v.Tag == "" {
					say(w, "job %s: version %d has no tag", args[0], v.Version)
					return nil
				}
				say(w, "job %s: version %d is %s", args[0], v.Version, v.Tag)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&remove, "remove", false, "take the name away")
	return cmd
}

// revert takes updates back.
func (a *App) revert() *cobra.Command {
	var wait bool
	var timeout durationFlag
	cmd := &cobra.Command{
		Use:        "revert JOB [VERSION|TAG]",
		SuggestFor: []string{"undo"},
		Short:      "Make a job as a version of it was: a new version, rolled out as any",
		Long: "Make a job as a version of it was, by number or tag, or as it was before its last update.\n" +
			"That is a new version, and rolled out as any. `taurus rollout JOB rollback` instead ends a\n" +
			"rollout that is under way, and goes back to what stood before it.",
		Example:           "  taurus revert taurusjob\n  taurus revert taurusjob stable --wait",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			to := ""
			if len(args) > 1 {
				to = args[1]
			}
			api := a.client()
			j, err := api.Revert(cmd.Context(), args[0], to)
			if err != nil {
				return missing(err, args[0])
			}
			if j.Update == nil {
				j.Update = &projection.Update{Outcome: projection.UpdateUnchanged, Changes: []job.Change{}}
			}
			return a.follow(cmd.Context(), api, j, wait, timeout.value, func(w io.Writer) { a.writeUpdate(w, j) })
		},
	}
	waitFlags(cmd, &wait, &timeout)
	return cmd
}
