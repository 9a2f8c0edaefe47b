package v2

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/services/api/web"
)

// Bounds of what is handed over.
const (
	// HandoverFor is how long a code is good for, HandoversMax how many there are at once, and
	// HandoversEach how many of one principal: the rest is for the others.
	HandoverFor   = time.Minute
	HandoversMax  = 100
	HandoversEach = 10
)

// handovers give a program's token to the page of the same user: the program gets a code
// for it, which the page gives back for the token, once and soon. So what stands in the
// arguments of a browser, and in its history, is worth nothing.
type handovers struct {
	now func() time.Time

	mu    sync.Mutex
	codes map[string]handover
}

// handover is a token, of some principal, that waits for its code.
type handover struct {
	token, of string
	until     time.Time
}

// handoverCode is the answer to who hands a token over.
type handoverCode struct {
	Code string `json:"code"`
	// Until is when it is no good any more.
	Until time.Time `json:"until"`
}

// handoverToken is the answer to who has the code.
type handoverToken struct {
	Token string `json:"token"`
}

// hand takes the token of the request.
func (h *handovers) hand(c echo.Context) error {
	p := web.RequestOf(c).Principal
	kind, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(kind, "bearer") || token == "" || p.By == "" || p.By == access.Anonymous {
		return errNoToken
	}
	code := handoverCode{Code: rand.Text(), Until: h.now().Add(HandoverFor).UTC()}
	if !h.put(code, token, string(p.By)+" "+p.Name) {
		return errTooManyCodes
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return web.WriteJSON(c, http.StatusCreated, web.JSONType, code)
}

func (h *handovers) put(code handoverCode, token, of string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, own := h.now(), 0
	for code, one := range h.codes {
		switch {
		case now.After(one.until):
			delete(h.codes, code)
		case one.of == of:
			own++
		}
	}
	if len(h.codes) >= HandoversMax || own >= HandoversEach {
		return false
	}
	h.codes[code.Code] = handover{token, of, code.Until}
	return true
}

// redeem gives the token for its code.
func (h *handovers) redeem(c echo.Context) error {
	var want struct {
		Code string `json:"code"`
	}
	if err := decode(c, &want); err != nil {
		return err
	}
	token, ok := h.take(want.Code)
	if !ok {
		return errNoCode
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return web.WriteJSON(c, http.StatusOK, web.JSONType, handoverToken{token})
}

func (h *handovers) take(code string) (token string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one, ok := h.codes[code]
	delete(h.codes, code)
	return one.token, ok && !h.now().After(one.until)
}
