package natsserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
)

// The environment of what this test starts: a room, which is a process with a small
// disk of its own, and in it a server that is started again whenever it ends.
const (
	envRoom   = "TAURUS_TEST_ROOM"   // The directory that the disk is mounted at.
	envServer = "TAURUS_TEST_SERVER" // The server's arguments.

	diskSize = 24 << 20
)

// child is the process that was started to be a room or a server; it returns in no
// other.
func child() {
	if args, ok := os.LookupEnv(envServer); ok {
		cmd := natsserver.Command()
		cmd.SetArgs(strings.Fields(args))
		os.Exit(service.Execute(context.Background(), cmd))
	}
	if dir, ok := os.LookupEnv(envRoom); ok {
		if err := room(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// room mounts the disk, tells so, and keeps a server running on it until its input
// ends. It is in a mount namespace of its own, so that nothing is left behind.
func room(dir string) error {
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", diskSize)); err != nil {
		return fmt.Errorf("mount a tmpfs: %w", err)
	}
	fmt.Println("mounted")
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	for ctx.Err() == nil {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), envServer+"="+os.Getenv("TAURUS_TEST_ARGS"))
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Run(); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "the server ended:", err)
		}
	}
	return nil
}

// smallDisk is a server on a small disk.
type smallDisk struct {
	nats, admin string
	dir         string // Where this process sees the disk.
	room        int    // The process that keeps the server running.
}

func startOnSmallDisk(t *testing.T) smallDisk {
	t.Helper()
	dir := t.TempDir()
	d := smallDisk{nats: freeAddress(t), admin: freeAddress(t)}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	cmd.Env = append(os.Environ(), envRoom+"="+dir,
		fmt.Sprintf("TAURUS_TEST_ARGS=--listen=%s --admin-listen=%s --store-dir=%s --max-store=1GiB", d.nats, d.admin, filepath.Join(dir, "nats")))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("NOT TESTED: a disk that is full needs a mount namespace, which this user may not make: %v", err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	said := make([]byte, 512)
	n, _ := out.Read(said)
	if text := strings.TrimSpace(string(said[:n])); text != "mounted" {
		t.Skipf("NOT TESTED: a disk that is full needs a tmpfs, which this user may not mount: %s", text)
	}
	d.room = cmd.Process.Pid
	d.dir = filepath.Join("/proc", fmt.Sprint(d.room), "root", dir)
	return d
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// fill leaves so many bytes of the disk free.
func (d smallDisk) fill(t *testing.T, left int) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &st); err != nil {
		t.Fatal(err)
	}
	ballast := make([]byte, int(st.Bavail)*int(st.Bsize)-left)
	if err := os.WriteFile(filepath.Join(d.dir, "ballast"), ballast, 0o600); err != nil {
		t.Fatal(err)
	}
}

// empty gives back what fill took.
func (d smallDisk) empty(t *testing.T) {
	t.Helper()
	if err := os.Remove(filepath.Join(d.dir, "ballast")); err != nil {
		t.Fatal(err)
	}
}

// stop stops the server in good order; it is started again at once.
func (d smallDisk) stop(t *testing.T) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", d.room))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range tasks {
		children, err := os.ReadFile(file)
		if err != nil {
			continue // The thread has ended.
		}
		for child := range strings.FieldsSeq(string(children)) {
			pid, err := strconv.Atoi(child)
			if err == nil {
				err = syscall.Kill(pid, syscall.SIGTERM)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// entries are n records with a payload.
func entries(n int, name string) []eventlog.Entry {
	list := make([]eventlog.Entry, n)
	for i := range list {
		m := eventlog.Message{Subject: fmt.Sprintf("t.%s.%d", name, i), Data: []byte(name + strings.Repeat(".", 8<<10))}
		list[i] = eventlog.Decision(m, 0)
	}
	return list
}

// TestFullDisk: what was acknowledged is there while the disk is full and after, and
// once there is room the log takes more, without anybody's help.
func TestFullDisk(t *testing.T) {
	for name, tc := range map[string]struct {
		batch int
		stop  bool // The server is stopped in good order while the disk is full.
	}{
		"single records": {1, false}, "batches": {40, false},
		"single records, stopped": {1, true}, "batches, stopped": {40, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startOnSmallDisk(t)
			o := jetstream.Options{URL: "nats://" + d.nats, Stream: "T", Subjects: []string{"t.>"}, AppendTimeout: 2 * time.Second}
			if err := jetstream.Create(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			log, err := jetstream.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = log.Close() }()

			d.fill(t, 1<<20)
			var stored []eventlog.Receipt
			for i := 0; ; i++ {
				r, err := log.Append(t.Context(), entries(tc.batch, fmt.Sprintf("before%d", i))...)
				if err == nil {
					stored = append(stored, r)
					continue
				}
				if !errors.Is(err, eventlog.ErrOutcomeUnknown) || !errors.Is(err, eventlog.ErrStuck) {
					t.Fatalf("a full disk is %v", err)
				}
				break
			}
			if len(stored) == 0 {
				t.Fatal("nothing was stored before the disk was full")
			}
			holds(t, log, stored)
			testwait.Until(t, "readyz says that the disk is full", func() bool {
				err := service.Health(t.Context(), d.admin+"/readyz")
				return errors.Is(err, service.ErrUnhealthy) && strings.Contains(err.Error(), "make room")
			})

			if tc.stop {
				d.stop(t)
			}
			d.empty(t)
			n := 0
			testwait.Until(t, "the log takes more", func() bool {
				n++
				r, err := log.Append(t.Context(), entries(tc.batch, fmt.Sprintf("after%d", n))...)
				if err == nil {
					stored = append(stored, r)
				}
				return err == nil
			})
			holds(t, log, stored)
			if err := service.Health(t.Context(), d.admin+"/readyz"); err != nil {
				t.Errorf("with room again: %v", err)
			}
		})
	}
}

// holds reads the whole log, which fails on a gap, and looks for what was stored.
func holds(t *testing.T, log eventlog.Log, stored []eventlog.Receipt) {
	t.Helper()
	b, err := log.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if last := stored[len(stored)-1].Last; b.Last < last {
		t.Fatalf("the log ends at %d, and %d was acknowledged", b.Last, last)
	}
	for _, err := range log.Read(t.Context(), 1, b.Last) {
		if err != nil {
			t.Fatal(err)
		}
	}
}
