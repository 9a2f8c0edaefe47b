package allinone

import (
	"os/exec"
	"runtime"
)

// spawner starts processes from one thread that lives as long as it does: the
// kernel kills a process when the thread that started it ends, not when the
// program does, and Go ends threads as it likes.
type spawner struct {
	requests chan spawn
	done     chan struct{}
}

// spawn is one process to start.
type spawn struct {
	cmd *exec.Cmd
	err chan<- error
}

// newSpawner returns a spawner. It must be closed only after all it started
// have ended.
func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawn), done: make(chan struct{})}
	go s.run()
	return s
}

func (s *spawner) run() {
	defer close(s.done)
	// Never unlocked: the thread ends with the goroutine.
	runtime.LockOSThread()
	for r := range s.requests {
		r.err <- r.cmd.Start()
	}
}

// start starts a process.
func (s *spawner) start(cmd *exec.Cmd) error {
	err := make(chan error, 1)
	s.requests <- spawn{cmd: cmd, err: err}
	return <-err
}

// close ends the thread, and whatever it started that still runs.
func (s *spawner) close() {
	close(s.requests)
	<-s.done
}
