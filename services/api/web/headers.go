package web

import "github.com/labstack/echo/v4"

// apart is for what is no page: whatever a browser takes an answer for, it loads nothing
// for it, runs nothing of it and shows it in no frame.
const apart = "default-src 'none'; frame-ancestors 'none'"

// guarded tells browsers what not to do with an answer, whatever it is and whoever gives
// it: not to take it for another type, keep it, show it within another page, let another
// site load it, or tell others where it was. A dialect may say otherwise of its own.
func guarded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderXContentTypeOptions, "nosniff")
		h.Set(echo.HeaderReferrerPolicy, "no-referrer")
		h.Set(echo.HeaderContentSecurityPolicy, apart)
		h.Set(echo.HeaderXFrameOptions, "DENY") // For browsers that do not know frame-ancestors.
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set(echo.HeaderCacheControl, "no-store")
		return next(c)
	}
}
