package mesos

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// rawMaster answers the first request of each connection with the bytes of
// answer, then does as end says.
func rawMaster(t *testing.T, answer []byte, end func(*net.TCPConn)) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_ = req.Body.Close()
				for _, b := range answer {
					_, _ = conn.Write([]byte{b})
				}
				end(conn.(*net.TCPConn))
			}
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

// chunk is a piece of a body in chunked transfer coding (RFC 9112, 7.1).
func chunk(data string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(data), data) }

// What may come over a wire: header names in any case, records in any pieces,
// and an end in the middle of anything.
func TestStreamsOfAnyShape(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\nmesos-stream-id: stream-1\r\ntransfer-encoding: chunked\r\n\r\n"
	first, beat := string(subscribed(15)), string(heartbeat())
	for _, tt := range []struct {
		name, body string
		reset      bool // by RST, once the client has subscribed
		beats      int
	}{
		{"a chunk for each record", chunk(first) + chunk(beat) + "0\r\n\r\n", false, 1},
		{"one chunk", chunk(first+beat+beat) + "0\r\n\r\n", false, 2},
		{"records over chunks", chunk(first[:1]) + chunk(first[1:20]) + chunk(first[20:]+beat[:1]) + chunk(beat[1:]) + "0\r\n\r\n", false, 1},
		{"a chunk that is none", chunk(first) + "zz\r\n", false, 0},
		{"no last chunk", chunk(first + beat), false, 1},
		{"a chunk cut short", chunk(first) + "ff\r\n2\n", false, 0},
		{"reset between records", chunk(first), true, 0},
		{"reset within a record", chunk(first + "100\nabc"), true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			subscribed := make(chan struct{})
			addr := rawMaster(t, []byte(head+tt.body), func(c *net.TCPConn) {
				if tt.reset {
					<-subscribed
					_ = c.SetLinger(0)
				}
			})
			s, err := testClient(t, testConfig(addr)).Subscribe(t.Context(), testInfo())
			close(subscribed)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			beats := 0
			for range s.Events() {
				beats++
			}
			if err := s.Err(); !errors.Is(err, ErrDisconnected) || s.StreamID() != testStream || beats != tt.beats {
				t.Errorf("stream %q ended with %v after %d heartbeats, want %d", s.StreamID(), err, beats, tt.beats)
			}
		})
	}
}

// Bytes that trickle in are no event: the watchdog waits for a whole one.
func TestWatchdogEndsARecordThatTrickles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := piped(t.Context(), 1)
		start := time.Now()
		var writing sync.WaitGroup
		writing.Go(func() {
			_, err := w.Write([]byte("1000\n"))
			for err == nil {
				time.Sleep(10 * time.Second)
				_, err = w.Write([]byte("x"))
			}
		})
		if err := ended(s); !errors.Is(err, ErrHeartbeatLost) || time.Since(start) != 75*time.Second {
			t.Errorf("ended with %v after %s", err, time.Since(start))
		}
		writing.Wait()
	})
}

// A master that fails in its own way is not the last to be asked; one that
// refuses is.
func TestFailingMasterIsPassedOver(t *testing.T) {
	for status, passed := range map[int]bool{
		400: false, 401: false, 403: false, 404: true, 405: false, 415: false, 429: true, 500: true, 502: true, 503: true, 504: true,
	} {
		failing := plainServer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			http.Error(w, "no", status)
		})
		good := newFakeMaster(t)
		s, err := testClient(t, testConfig(failing+","+good.host())).Subscribe(t.Context(), testInfo())
		if err == nil {
			s.Close()
		}
		if (err == nil) != passed || errors.Is(err, ErrStaleStream) {
			t.Errorf("%d: %v", status, err)
		}
	}
}
