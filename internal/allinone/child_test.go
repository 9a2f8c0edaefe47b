package allinone_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// childMode is the variable that makes this binary a child of a test.
const childMode = "TAURUS_ALLINONE_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childMode) != "" {
		if err := child(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	testwait.Main(m)
}

// child does what the first argument says.
func child(args []string) error {
	switch args[0] {
	case "serve":
		return serve(args[1:])
	case "fail":
		return errors.New("warming up\nwarming up\n" + `{"level":"error","error":"the flux is not calibrated","exit_status":1}`)
	case "mute":
		<-terminated()
		return nil
	case "supervise":
		return supervise(args[1])
	}
	return fmt.Errorf("unknown child %q", args[0])
}

func terminated() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	return c
}

// serve is a small service: role, name, listen, admin, announcement, and a file
// that gets its name at the start and at the end. One called stubborn does not
// stop when asked. What stands in illness answers a question in place of 200.
func serve(args []string) error {
	role, name, listen, admin, file, diary := args[0], args[1], args[2], args[3], args[4], args[5]
	end := terminated()
	work, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	watch, err := net.Listen("tcp", admin)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, err := os.ReadFile(illness(diary, name, strings.TrimPrefix(r.URL.Path, "/"))); err == nil {
			http.Error(w, string(text), http.StatusServiceUnavailable)
		}
	})}
	go func() { _ = server.Serve(watch) }()
	write(diary, "+"+name+" knows "+strings.Join(args[6:], " "))
	a := service.Announcement{Role: role, Name: name, PID: os.Getpid(), AdminAddress: watch.Addr().String()}
	if role != "planner" {
		a.Address = work.Addr().String() // A planner serves nobody.
	}
	if err := service.Announce(file, a); err != nil {
		return err
	}
	for {
		<-end
		if name != "stubborn" {
			write(diary, "-"+name)
			return nil
		}
	}
}

// illness is the file that makes a child answer a question (readyz, healthz) with
// 503.
func illness(diary, name, question string) string { return diary + "." + name + "." + question }

func write(path, line string) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(line + "\n")
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		panic(err)
	}
}

// supervise is a supervisor in a process of its own, to be killed.
func supervise(data string) error {
	ctx := context.Background()
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	s, err := allinone.Open(ctx, allinone.Options{Data: data, Executable: exe})
	if err != nil {
		return err
	}
	if err := s.Up(ctx, program("planner", "planner-1", data+"/diary")); err != nil {
		return err
	}
	if _, err := s.Publish(); err != nil {
		return err
	}
	select {}
}

// program is a small service.
func program(role, name, diary string) allinone.Program {
	return allinone.Program{
		Role: role, Name: name, Listen: allinone.AnyPort,
		Args: func(s allinone.Seats) []string {
			args := []string{"serve", role, name, s.Listen, s.Admin, s.Announce, diary}
			return append(args, s.Peers["nats"]...)
		},
	}
}
