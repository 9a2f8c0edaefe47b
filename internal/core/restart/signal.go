package restart

import (
	"strconv"
	"strings"
)

// exitSignal is what a shell, and docker, add to the number of the signal that a
// program ended by.
const exitSignal = 128

// Signal is the name of the signal that ended the task, as its exit status or Mesos'
// words tell it; empty if none did, or nothing tells.
func (e End) Signal() string {
	if e.Exit != nil {
		return SignalOf(*e.Exit)
	}
	if _, words, ok := strings.Cut(e.Message, " terminated with signal "); ok {
		return signalByWords(words)
	}
	return ""
}

// SignalOf is the name of the signal that an exit status stands for, empty if it stands
// for none.
func SignalOf(exit int) string {
	n := exit - exitSignal
	if n < 1 || n > lastSignal {
		return ""
	}
	for _, s := range signals() {
		if s.number == n {
			return s.name
		}
	}
	return "signal " + strconv.Itoa(n)
}

// lastSignal is the last one of Linux, a real-time signal.
const lastSignal = 64

type signal struct {
	number int
	name   string
	words  string // of strsignal, which the executors of Mesos say
}

// signals are those of Linux that end programs.
func signals() []signal {
	return []signal{
		{1, "SIGHUP", "hangup"},
		{2, "SIGINT", "interrupt"},
		{3, "SIGQUIT", "quit"},
		{4, "SIGILL", "illegal instruction"},
		{5, "SIGTRAP", "trace/breakpoint trap"},
		{6, "SIGABRT", "aborted"},
		{7, "SIGBUS", "bus error"},
		{8, "SIGFPE", "floating point exception"},
		{9, "SIGKILL", "killed"},
		{10, "SIGUSR1", "user defined signal 1"},
		{11, "SIGSEGV", "segmentation fault"},
		{12, "SIGUSR2", "user defined signal 2"},
		{13, "SIGPIPE", "broken pipe"},
		{14, "SIGALRM", "alarm clock"},
		{15, "SIGTERM", "terminated"},
		{16, "SIGSTKFLT", "stack fault"},
		{24, "SIGXCPU", "cpu time limit exceeded"},
		{25, "SIGXFSZ", "file size limit exceeded"},
		{26, "SIGVTALRM", "virtual timer expired"},
		{27, "SIGPROF", "profiling timer expired"},
		{29, "SIGIO", "i/o possible"},
		{30, "SIGPWR", "power failure"},
		{31, "SIGSYS", "bad system call"},
	}
}

// signalByWords is the name of the signal that a text begins with the words of, with
// what else there may be behind them ("Segmentation fault (core dumped)").
func signalByWords(text string) string {
	text = strings.ToLower(text)
	for _, s := range signals() {
		if strings.HasPrefix(text, s.words) {
			return s.name
		}
	}
	return ""
}
