package agent

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// maxRead is the most that one read returns: sixteen pages.
const maxRead = 16 * 4096

const plainText = "text/plain; charset=utf-8"

func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", plainText)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) //nolint:gosec // Plain text, not HTML.
}

// writeJSON answers with v, or with a call of the function that the query wants.
func writeJSON(w http.ResponseWriter, r *http.Request, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		text(w, http.StatusInternalServerError, err.Error())
		return
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	w.Header().Set("Content-Type", "application/json")
	if fn := r.URL.Query().Get("jsonp"); fn != "" {
		w.Header().Set("Content-Type", "text/javascript")
		body = slices.Concat([]byte(fn+"("), body, []byte(");"))
	}
	_, _ = w.Write(body) //nolint:gosec // JSON, or a script where the reader asked for one, as of Mesos.
}

// refusal is why a file cannot be had, and the status that says so.
type refusal struct {
	status int
	text   string
}

func (f *refusal) answer(w http.ResponseWriter) { text(w, f.status, f.text) }

// pathOf is the path that a query names; it answers itself when there is none.
func pathOf(w http.ResponseWriter, q url.Values) (path string, ok bool) {
	path = q.Get("path")
	if path == "" {
		text(w, http.StatusBadRequest, "Expecting 'path=value' in query.\n")
	}
	return path, path != ""
}

// filesRead is /files/read (7.2).
func (a *Server) filesRead(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	path, ok := pathOf(w, q)
	if !ok {
		return
	}
	offset, why := number(q, "offset")
	length, wrong := number(q, "length")
	if why = cmp.Or(why, wrong); why != "" {
		text(w, http.StatusBadRequest, why)
		return
	}
	if offset < 0 {
		length = 0 // only the size
	}
	data, size, fault := a.read(path, max(offset, 0), length)
	if fault != nil {
		fault.answer(w)
		return
	}
	if offset < 0 {
		offset = size
	}
	writeJSON(w, r, map[string]any{"data": string(data), "offset": offset})
}

// number reads a parameter; -1 when it is missing.
func number(q url.Values, name string) (n int64, why string) {
	if !q.Has(name) {
		return -1, ""
	}
	v := q.Get(name)
	n, err := strconv.ParseInt(v, 10, 64)
	switch {
	case err != nil:
		return 0, "Failed to parse " + name + ": Failed to convert '" + v + "' to number.\n"
	case n < -1:
		return 0, "Negative " + name + " provided: " + v + ".\n"
	}
	return n, ""
}

// read returns what is in a file from an offset on, at most length bytes of it
// unless that is negative, and how long the file is.
func (a *Server) read(path string, offset, length int64) (data []byte, size int64, fault *refusal) {
	f, info, fault := a.open(path)
	if fault != nil {
		return nil, 0, fault
	}
	defer func() { _ = f.Close() }()
	if info.IsDir() {
		return nil, 0, &refusal{http.StatusBadRequest, "Cannot read a directory.\n"}
	}
	if length < 0 || length > maxRead {
		length = maxRead
	}
	data = make([]byte, length)
	n, err := f.ReadAt(data, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, &refusal{http.StatusInternalServerError, err.Error()}
	}
	return data[:n], info.Size(), nil
}

// filesDownload is /files/download (7.2).
func (a *Server) filesDownload(w http.ResponseWriter, r *http.Request) {
	path, ok := pathOf(w, r.URL.Query())
	if !ok {
		return
	}
	f, info, fault := a.open(path)
	if fault != nil {
		if fault.text == "" {
			fault.text = "404 Not Found."
		}
		fault.answer(w)
		return
	}
	defer func() { _ = f.Close() }()
	if info.IsDir() {
		text(w, http.StatusBadRequest, "Cannot download a directory.\n")
		return
	}
	kind := "application/octet-stream"
	if known, _, err := mime.ParseMediaType(mime.TypeByExtension(filepath.Ext(path))); err == nil {
		kind = known
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", "attachment; filename="+filepath.Base(path))
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// filesDebug is /files/debug: where the paths of sandboxes lead to.
func (a *Server) filesDebug(w http.ResponseWriter, r *http.Request) {
	out := map[string]string{}
	// Only a malformed pattern is an error.
	runs, _ := fs.Glob(os.DirFS(a.slaves()), "*/frameworks/*/executors/*/runs/*")
	for _, run := range runs {
		path := filepath.Join(a.slaves(), run)
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue
		}
		out[path] = target
		if filepath.Base(run) == latest {
			out[run[strings.Index(run, "/"):]] = target
		}
	}
	writeJSON(w, r, out)
}

// file is one entry of a listing.
type file struct {
	GID   string  `json:"gid"`
	Mode  string  `json:"mode"`
	Mtime float64 `json:"mtime"`
	Nlink uint64  `json:"nlink"`
	Path  string  `json:"path"`
	Size  int64   `json:"size"`
	UID   string  `json:"uid"`
	bits  uint32
}

// filesBrowse is /files/browse (7.2).
func (a *Server) filesBrowse(w http.ResponseWriter, r *http.Request) {
	path, ok := pathOf(w, r.URL.Query())
	if !ok {
		return
	}
	list, fault := a.list(path)
	if fault != nil {
		fault.answer(w)
		return
	}
	writeJSON(w, r, list)
}

// list lists a directory; there is nothing in a file.
func (a *Server) list(path string) ([]file, *refusal) {
	out := []file{}
	if _, info, fault := a.stat(path); fault != nil || !info.IsDir() {
		return out, fault
	}
	dir, _, fault := a.open(path)
	if fault != nil {
		return nil, fault
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, &refusal{http.StatusInternalServerError, err.Error()}
	}
	slices.Sort(names)
	for _, name := range names {
		// What is left out are links that lead nowhere, or out of the sandbox.
		if _, info, fault := a.stat(filepath.Join(path, name)); fault == nil {
			out = append(out, describe(filepath.Join(path, name), info))
		}
	}
	return out, nil
}

func describe(path string, i os.FileInfo) file {
	f := file{Path: path, Size: i.Size(), Mode: modeText(i), Mtime: float64(i.ModTime().Unix()), Nlink: 1}
	if st, ok := i.Sys().(*syscall.Stat_t); ok {
		f.Nlink, f.bits = uint64(st.Nlink), uint32(st.Mode) //nolint:unconvert // 16 bits on macOS.
		f.UID, f.GID = strconv.FormatUint(uint64(st.Uid), 10), strconv.FormatUint(uint64(st.Gid), 10)
		if u, err := user.LookupId(f.UID); err == nil {
			f.UID = u.Username
		}
		if g, err := user.LookupGroupId(f.GID); err == nil {
			f.GID = g.Name
		}
	}
	return f
}

// modeText is the mode as ls writes it.
func modeText(i os.FileInfo) string {
	kind := "-"
	switch m := i.Mode(); {
	case m.IsDir():
		kind = "d"
	case m&os.ModeNamedPipe != 0:
		kind = "p"
	case m&os.ModeSocket != 0:
		kind = "s"
	case m&os.ModeCharDevice != 0:
		kind = "c"
	case m&os.ModeDevice != 0:
		kind = "b"
	}
	return kind + i.Mode().Perm().String()[1:]
}
