package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/services/api/web"
)

// TestBodiesAreDecodedInTurn: as many at once as there are processors, and who gives up
// does not wait for a turn.
func TestBodiesAreDecodedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most, given atomic.Int32
		handler, err := web.Handler(web.Options{
			HostNames: asked,
			Dialects: []web.Dialect{{
				Roots: []string{"/"}, Fail: func(c echo.Context, p web.Problem) error { return c.NoContent(p.Status) },
				Routes: []web.Route{{Method: http.MethodPost, Path: "/", Fixed: true, Open: true, Handle: func(c echo.Context) error {
					err := web.Decoding(c, func() error {
						if n := now.Add(1); n > most.Load() {
							most.Store(n)
						}
						time.Sleep(time.Second)
						now.Add(-1)
						return nil
					})
					if errors.Is(err, context.Canceled) {
						given.Add(1)
					}
					return err
				}}},
			}},
			Log: zerolog.Nop(), Now: time.Now, Answered: func(string, string, int, time.Duration) {}, Sequence: func() uint64 { return 0 },
		})
		if err != nil {
			t.Fatal(err)
		}
		post := func(ctx context.Context) {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody))
		}
		turns := runtime.GOMAXPROCS(0)
		for range 3 * turns {
			go post(t.Context())
		}
		synctest.Wait()
		ctx, giveUp := context.WithCancel(t.Context())
		go post(ctx)
		synctest.Wait()
		giveUp()
		synctest.Wait()
		if given.Load() != 1 {
			t.Error("who gave up waits for a turn")
		}
		time.Sleep(time.Minute)
		if int(most.Load()) != turns || now.Load() != 0 {
			t.Errorf("%d were decoded at once, want %d; %d still are", most.Load(), turns, now.Load())
		}
	})
}
