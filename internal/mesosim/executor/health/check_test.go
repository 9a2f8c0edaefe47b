package health_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor/health"
)

type exited int

func (e exited) Error() string { return "exit status " + strconv.Itoa(int(e)) }
func (e exited) ExitCode() int { return int(e) }

func TestCheckOfCommands(t *testing.T) {
	t.Parallel()
	c := &mesos.CheckInfo{Type: mesos.CheckInfo_COMMAND, Command: &mesos.CheckInfo_Command{}}
	zero, three := int32(0), int32(3)
	for _, tt := range []struct {
		err  error
		want *int32
	}{{nil, &zero}, {exited(3), &three}, {exited(-1), nil}, {errors.New("no such file"), nil}} {
		s := health.Check(t.Context(), c, "", func(context.Context, *mesos.CommandInfo) error { return tt.err })
		if s.GetType() != mesos.CheckInfo_COMMAND || s.Command == nil || !reflect.DeepEqual(s.Command.ExitCode, tt.want) {
			t.Errorf("%v: %+v", tt.err, s)
		}
	}
}

func TestCheckOfServers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	host, text, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	port := uint32(n)
	web := &mesos.CheckInfo{Type: mesos.CheckInfo_HTTP, HTTP: &mesos.CheckInfo_Http{Port: port}}
	tcp := &mesos.CheckInfo{Type: mesos.CheckInfo_TCP, TCP: &mesos.CheckInfo_Tcp{Port: port}}
	if s := health.Check(t.Context(), web, host, nil); s.GetHTTP().GetStatusCode() != http.StatusNotFound {
		t.Errorf("got %+v", s)
	}
	if s := health.Check(t.Context(), tcp, host, nil); !s.GetTCP().GetSucceeded() {
		t.Errorf("got %+v", s)
	}
	server.Close()
	if s := health.Check(t.Context(), web, host, nil); !reflect.DeepEqual(s, health.NoStatus(web)) {
		t.Errorf("got %+v of a server that is gone", s)
	}
	if s := health.Check(t.Context(), tcp, host, nil); s.TCP.Succeeded == nil || *s.TCP.Succeeded {
		t.Errorf("got %+v of a port that is closed", s)
	}
}

// 4.3: told is what changes, from the delay on, once per interval.
func TestFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		delay, interval := 15.0, 10.0
		c := &mesos.CheckInfo{Type: mesos.CheckInfo_COMMAND, DelaySeconds: &delay, IntervalSeconds: &interval}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		codes := []int32{0, 0, 2, 2, 0}
		start, n := time.Now(), 0
		var told []int32
		var at []time.Duration
		health.Follow(ctx, c, nil, func(context.Context) *mesos.CheckStatusInfo {
			s := health.NoStatus(c)
			s.Command.ExitCode = &codes[n]
			n++
			return s
		}, func(s *mesos.CheckStatusInfo) {
			told, at = append(told, s.GetCommand().GetExitCode()), append(at, time.Since(start))
		})
		want := []time.Duration{15 * time.Second, 35 * time.Second, 55 * time.Second}
		if !reflect.DeepEqual(told, []int32{0, 2, 0}) || !reflect.DeepEqual(at, want) {
			t.Errorf("told %v at %v", told, at)
		}
	})
}

// What a check told before its agent was restarted is not told again.
func TestFollowGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		c := &mesos.CheckInfo{Type: mesos.CheckInfo_COMMAND}
		codes := []int32{3, 3, 4}
		status := func(code int32) *mesos.CheckStatusInfo {
			s := health.NoStatus(c)
			s.Command.ExitCode = &code
			return s
		}
		start, n := time.Now(), 0
		var told []int32
		var at []time.Duration
		health.Follow(ctx, c, status(3), func(context.Context) *mesos.CheckStatusInfo {
			n++
			return status(codes[min(n, len(codes))-1])
		}, func(s *mesos.CheckStatusInfo) {
			told, at = append(told, s.GetCommand().GetExitCode()), append(at, time.Since(start))
		})
		if !reflect.DeepEqual(told, []int32{4}) || !reflect.DeepEqual(at, []time.Duration{30 * time.Second}) {
			t.Errorf("told %v at %v, want 4 after three intervals of 10 s", told, at)
		}
	})
}
