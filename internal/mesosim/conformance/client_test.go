package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// response is what a call was answered, as a transcript has it.
type response struct {
	status  int
	headers map[string]string
	text    string // as it came
	body    any    // nil, text, or decoded JSON
}

// request sends one request on a connection of its own. The caller closes the
// response's body.
func request(ctx context.Context, addr, method, path string, headers map[string]string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+addr+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client.Do(req)
}

// head is the response without its body.
func head(res *http.Response) response {
	out := response{status: res.StatusCode, headers: map[string]string{}}
	for k := range res.Header {
		out.headers[k] = res.Header.Get(k)
	}
	delete(out.headers, "Connection") // of one hop
	if len(res.TransferEncoding) > 0 {
		out.headers["Transfer-Encoding"] = strings.Join(res.TransferEncoding, ", ")
	} else if res.ContentLength >= 0 {
		out.headers["Content-Length"] = strconv.FormatInt(res.ContentLength, 10)
	}
	return out
}

// whole reads a response to its end; of a stream it reads the first record.
func whole(res *http.Response) (response, error) {
	defer func() { _ = res.Body.Close() }()
	out := head(res)
	if out.headers["Mesos-Stream-Id"] != "" {
		record, err := wire.NewRecordReader(res.Body).Next()
		out.text = string(wire.Frame(record))
		out.body = out.text
		return out, err
	}
	text, err := io.ReadAll(res.Body)
	if err != nil || len(text) == 0 {
		return out, err
	}
	out.text = string(text)
	if !strings.HasPrefix(out.headers["Content-Type"], "application/json") || decode(text, &out.body) != nil {
		out.body = out.text
	}
	return out, nil
}

// post makes a call of the operator API beside the record.
func post(t *testing.T, addr string, call any) any {
	t.Helper()
	text, err := json.Marshal(call)
	if err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{"Content-Type": "application/json", "Accept": "application/json"}
	res, err := request(t.Context(), addr, http.MethodPost, "/api/v1", headers, text) //nolint:bodyclose // whole closes it.
	if err != nil {
		t.Fatal(err)
	}
	out, err := whole(res)
	if err != nil {
		t.Fatal(err)
	}
	return out.body
}
