package conformance_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// response compares the answer of a call. Of several that are open for one who,
// whose recorded order is that of two connections, any may be it.
func (r *replay) response(l *line) {
	r.t.Helper()
	answers := r.answers[l.Who]
	if len(answers) == 0 {
		r.t.Fatalf("%s: no call is open", l)
	}
	i := max(0, slices.IndexFunc(answers, func(a response) bool { return a.status == l.Status }))
	got := answers[i]
	r.answers[l.Who] = slices.Delete(answers, i, i+1)
	if got.status != l.Status {
		r.t.Errorf("%s: status %d, want %d; body %s", l, got.status, l.Status, brief(got.body))
		return
	}
	r.last = got.body
	r.report(l.String(), r.headers(l, got))
	if l.Status == http.StatusOK && l.Who != "raw" && l.Headers["Transfer-Encoding"] != "" {
		return // its events follow
	}
	r.report(l.String(), r.body(l.Body, got.body))
}

// headers compares all headers of a response.
func (r *replay) headers(l *line, got response) []string {
	want, live := map[string]any{}, map[string]any{}
	for k, v := range l.Headers {
		want[k] = v
	}
	for k, v := range got.headers {
		live[k] = v
	}
	if _, err := http.ParseTime(got.headers["Date"]); err != nil {
		return []string{"headers.Date: " + err.Error()}
	}
	live["Date"] = want["Date"]
	if text, plain := l.Body.(string); l.Body != nil && (!plain || token.MatchString(text)) {
		delete(want, "Content-Length") // depends on ids and on white space
		if live["Content-Length"] == fmt.Sprint(len(got.text)) {
			delete(live, "Content-Length")
		}
	}
	return r.match.compare("headers", want, live)
}

// body compares the body of a response. Others' frameworks, which shared the
// recorded master, are left out.
func (r *replay) body(want, got any) []string {
	if text, ok := want.(string); ok && strings.Contains(text, "\n{") { // RecordIO
		live, _ := got.(string)
		var w, g any
		if decode([]byte(text[strings.Index(text, "\n"):]), &w) != nil || decode([]byte(live[strings.Index(live, "\n")+1:]), &g) != nil {
			return []string{difference("body", want, got)}
		}
		return r.match.compare("body", w, g)
	}
	return r.match.compare("body", only(r.ours, want), only(r.live(), got))
}
