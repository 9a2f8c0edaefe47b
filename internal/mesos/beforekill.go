package mesos

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/job"
)

// shellLine is the line that the shell of a container runs: the group's own, or with a
// command before the kill one that starts it, and passes the signal on after that
// command.
//
// `docker stop` signals the first process of a container alone, which is this shell.
// It runs the command, ends it when its time is over, which it says on stderr, and only
// then signals what the group runs; it exits as that does. A signal that comes again
// while the command runs changes nothing, and one that comes before all is started is
// heeded then. A wait that a signal ends gives no status of the task's, and may be the
// last before that is gone: so it is asked for once more, which is 127 where the shell
// has forgotten it.
func shellLine(g *job.Group) string {
	b := g.BeforeKill
	if b == nil {
		return g.Container.Command.Shell
	}
	signal := strings.TrimPrefix(g.KillSignal, "SIG")
	if signal == "" {
		signal = "TERM"
	}
	seconds := max(1, int64((time.Duration(b.Timeout)+time.Second-1)/time.Second))
	return fmt.Sprintf(`taurus_end() {
  trap : %[1]s
  sh -c %[2]s & hook=$!
  (sleep %[3]s >/dev/null 2>&1; kill -0 $hook 2>/dev/null && echo 'taurus: before_kill took longer than %[3]s s and is ended' >&2; kill -s KILL $hook 2>/dev/null) & bound=$!
  while kill -0 $hook 2>/dev/null; do wait $hook; done
  kill -s KILL $bound 2>/dev/null
  kill -s %[1]s $main 2>/dev/null
}
trap told=yes %[1]s
sh -c %[4]s & main=$!
trap taurus_end %[1]s
[ -z "$told" ] || taurus_end
while wait $main; code=$?; kill -0 $main 2>/dev/null; do :; done
wait $main 2>/dev/null; last=$?
[ $last = 127 ] || code=$last
exit $code`, signal, quoted(b.Command), strconv.FormatInt(seconds, 10), quoted(g.Container.Command.Shell))
}

// quoted is a text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
