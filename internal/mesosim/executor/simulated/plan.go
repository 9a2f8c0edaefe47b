package simulated

import (
	"path"
	"strconv"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// Labels of a task that say how it is played.
const (
	LabelStartDelay = "sim.start_delay" // duration ("1.5s"), from TASK_STARTING to TASK_RUNNING
	LabelRunFor     = "sim.run_for"     // duration, from TASK_RUNNING to the end
	LabelExitCode   = "sim.exit_code"   // status at that end
	LabelKillDelay  = "sim.kill_delay"  // duration, from a kill to the end
	LabelIgnoreTerm = "sim.ignore_term" // "true": a kill takes the whole grace period
	LabelFail       = "sim.fail"        // message: the task fails to start, with it
)

const forever time.Duration = -1

// plan is the life of a task.
type plan struct {
	startDelay time.Duration
	runFor     time.Duration // or forever
	exitCode   int
	killDelay  time.Duration
	ignoreTerm bool
	fail       string
}

// planOf reads the life of a task out of its labels, its command and the defaults, in this order.
func planOf(info mesos.TaskInfo, opts Options) plan {
	p := plan{startDelay: opts.StartDelay, runFor: forever, exitCode: opts.ExitCode, killDelay: opts.KillDelay}
	if opts.RunFor > 0 {
		p.runFor = opts.RunFor
	}
	if s, ok := scriptOf(info.Command); ok {
		if d, code, understood := read(s); understood {
			p.runFor, p.exitCode = d, code
		}
	}
	for _, l := range info.GetLabels().GetLabels() {
		p.label(l.Key, l.GetValue())
	}
	return p
}

// label applies one label. A value that cannot be read is as if it were not there.
func (p *plan) label(key, value string) {
	d, durationErr := time.ParseDuration(value)
	isDuration := durationErr == nil && d >= 0
	switch {
	case key == LabelStartDelay && isDuration:
		p.startDelay = d
	case key == LabelRunFor && isDuration:
		p.runFor = d
	case key == LabelKillDelay && isDuration:
		p.killDelay = d
	case key == LabelIgnoreTerm:
		p.ignoreTerm = value == "true"
	case key == LabelFail:
		p.fail = value
	case key == LabelExitCode:
		if n, err := strconv.ParseUint(value, 10, 8); err == nil {
			p.exitCode = int(n)
		}
	}
}

// scriptOf is the command as one line of shell.
func scriptOf(c *mesos.CommandInfo) (string, bool) {
	if c.GetValue() == "" {
		return "", false
	}
	if c.GetShell() {
		return c.GetValue(), true
	}
	argv := append([]string{path.Base(c.GetValue())}, c.Arguments...)
	if len(argv) > 1 && path.Base(argv[1]) == argv[0] {
		argv = argv[1:] // For plain commands the first argument is argv[0].
	}
	if len(argv) == 3 && argv[0] == "sh" && argv[1] == "-c" {
		return argv[2], true
	}
	return strings.Join(argv, " "), true
}

// read plays a script of simple commands. It is not understood if any part is
// not; that is no error, for most commands are such.
func read(script string) (runFor time.Duration, exitCode int, understood bool) {
	script = strings.NewReplacer("&&", ";", "\n", ";").Replace(script)
	for part := range strings.SplitSeq(script, ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "true", ":", "echo":
			exitCode = 0
		case "false":
			exitCode = 1
		case "sleep":
			d, ok := sleepOf(words[1:])
			if !ok {
				return 0, 0, false
			}
			runFor, exitCode = runFor+d, 0
		case "exit":
			code, ok := exitOf(words[1:], exitCode)
			return runFor, code, ok
		default:
			return 0, 0, false
		}
	}
	return runFor, exitCode, true
}

// sleepOf reads the arguments of sleep(1): numbers with an optional unit, summed.
func sleepOf(args []string) (time.Duration, bool) {
	var sum time.Duration
	for _, a := range args {
		unit := time.Second
		for suffix, u := range map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour} {
			if rest, ok := strings.CutSuffix(a, suffix); ok {
				a, unit = rest, u
				break
			}
		}
		n, err := strconv.ParseFloat(a, 64)
		if err != nil || !(n >= 0 && n <= maxSleepSeconds) {
			return 0, false
		}
		sum += time.Duration(n * float64(unit))
	}
	return sum, len(args) > 0 && sum >= 0
}

// maxSleepSeconds bounds the number given to sleep, so that no sum overflows;
// what sleeps longer runs until it is killed.
const maxSleepSeconds = 1e6

func exitOf(args []string, before int) (int, bool) {
	if len(args) == 0 {
		return before, true
	}
	n, err := strconv.ParseUint(args[0], 10, 8)
	return int(n), err == nil && len(args) == 1
}
