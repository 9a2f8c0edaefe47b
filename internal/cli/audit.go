package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/core/auditing"
)

// auditShown is how many records are listed unless told otherwise.
const auditShown = 50

// auditFlags are what chooses records.
type auditFlags struct {
	q      client.AuditQuery
	denied bool
	limit  int
}

// audit tells who did what.
func (a *App) audit() *cobra.Command {
	var f auditFlags
	cmd := &cobra.Command{
		Use:        "audit",
		SuggestFor: []string{"who", "access-log"},
		Short:      "Tell who did what, and who was refused what, newest first",
		Long: "Tell who did what, from where, with what outcome, and who was refused what, newest first;\n" +
			"also who looked at what tasks write, at tokens, roles and this. It takes the right audit.\n\n" +
			"Requests that are alike and were not done, or only looked, are one line a minute, with\n" +
			"how many they were.",
		Example: "  taurus audit\n  taurus audit --denied --since 24h\n  taurus audit --job 'shop/*' --actor ann -o json",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q, err := a.auditQuery(f)
			if err != nil {
				return err
			}
			page, err := a.client().Audit(cmd.Context(), q, f.limit)
			if err != nil {
				return err
			}
			return a.show(page, func(w io.Writer) error { return a.writeAudit(w, page) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.q.Actor, "actor", "", "what `name` asked for, or was asked for on behalf of")
	flags.StringVar(&f.q.Job, "job", "", "about this `job`, or all whose ids begin so: 'shop/*'")
	flags.StringVar(&f.q.Outcome, "outcome", "", "`what` became of it: "+strings.Join(auditing.Outcomes(), ", "))
	flags.BoolVar(&f.denied, "denied", false, "what was refused: --outcome refused")
	flags.StringVar(&f.q.Since, "since", "", "since a `time`, or how long ago")
	flags.StringVar(&f.q.Until, "until", "", "until a `time`, or how long ago")
	flags.StringVar(&f.q.At, "at", "", "as it was at a `moment`: a sequence, a time, or how long ago")
	flags.IntVar(&f.limit, "limit", auditShown, "how `many` to list")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("outcome", completeWords(auditing.Outcomes()...)))
	return cmd
}

// auditQuery refuses what cannot be asked for.
func (a *App) auditQuery(f auditFlags) (client.AuditQuery, error) {
	q := f.q
	if f.limit < 1 {
		return q, usagef("--limit is %d; give at least 1", f.limit)
	}
	if f.denied {
		if q.Outcome != "" && q.Outcome != auditing.Refused {
			return q, usagef("--denied does not go with --outcome %s: use one of them", q.Outcome)
		}
		q.Outcome = auditing.Refused
	}
	var err error
	if q.At, err = a.moment(q.At); err != nil {
		return q, err
	}
	for flag, text := range map[string]*string{"since": &q.Since, "until": &q.Until} {
		if _, odd := strconv.ParseUint(*text, 10, 64); odd == nil {
			return q, usagef("--%s %s: give a time, or how long ago, such as 24h", flag, *text)
		}
		if *text, err = a.moment(*text); err != nil {
			return q, usagef("--%s %s: give a time, or how long ago, such as 24h", flag, *text)
		}
	}
	return q, nil
}

func (a *App) writeAudit(w io.Writer, page auditing.Page) error {
	if len(page.Records) == 0 {
		say(a.Err, "nothing of that kind is recorded")
		return nil
	}
	s := a.style()
	t := table.New("TIME", "WHO", "FROM", "OUTCOME", "WHAT", "JOB", "SEQ", "DETAIL")
	for i := range page.Records {
		e := &page.Records[i]
		t.Row(a.clock(e.At), whoAsked(e), e.Address, outcomeText(s, e), strings.TrimSpace(e.Method+" "+e.Route), e.Job, sequenceText(e), clip(auditDetail(e)))
	}
	if _, err := t.WriteTo(w); err != nil {
		return err
	}
	if page.Next > 0 {
		say(a.Err, "there are more; ask for them by --limit, --since or --until")
	}
	return nil
}

// whoAsked is who asked, and for whom.
func whoAsked(e *auditing.Entry) string {
	who := e.Principal
	if who == "" {
		who = "?"
	}
	return who + word(" for ", e.OnBehalfOf)
}

func outcomeText(s style, e *auditing.Entry) string {
	text := fmt.Sprintf("%s %d", e.Outcome, e.Status)
	if e.Count > 1 {
		text += fmt.Sprintf(" x%d", e.Count)
	}
	switch e.Outcome {
	case auditing.Refused:
		return s.paint(red, text)
	case auditing.Failed:
		return s.paint(yellow, text)
	}
	return text
}

// sequenceText is the sequence of what was done.
func sequenceText(e *auditing.Entry) string {
	if e.Outcome != auditing.Done || e.LogSequence == 0 {
		return ""
	}
	return fmt.Sprint(e.LogSequence)
}

func auditDetail(e *auditing.Entry) string {
	var parts []string
	add := func(when bool, format string, args ...any) {
		if when {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(e.Reason != "", "%s", strings.ToLower(e.Reason))
	add(e.Outcome == auditing.Refused && e.Right != "", "it takes the right %s", e.Right)
	add(e.Others, "several that are told together")
	add(e.Credential != "", "by %s %s", e.By, e.Credential)
	add(e.Dropped > 0, "%d before it are not recorded", e.Dropped)
	return strings.Join(parts, "; ")
}
