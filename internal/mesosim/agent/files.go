package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
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

func writeJSON(w http.ResponseWriter, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		text(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// filesRead is /files/read (7.2).
func (a *Server) filesRead(w http.ResponseWriter, r *http.Request) {
	f, info, ok := a.openFile(w, r)
	if !ok {
		return
	}
	defer func() { _ = f.Close() }()
	offset, ok1 := number(w, r, "offset")
	length, ok2 := number(w, r, "length")
	if !ok1 || !ok2 {
		return
	}
	if offset < 0 {
		writeJSON(w, map[string]any{"data": "", "offset": info.Size()})
		return
	}
	if length < 0 || length > maxRead {
		length = maxRead
	}
	data, err := readAt(f, offset, length)
	if err != nil {
		text(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeJSON(w, map[string]any{"data": string(data), "offset": offset})
}

func readAt(f *os.File, offset, length int64) ([]byte, error) {
	buf := make([]byte, length)
	n, err := f.ReadAt(buf, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return buf[:n], nil
}

// number reads a parameter; -1 when it is missing.
func number(w http.ResponseWriter, r *http.Request, name string) (int64, bool) {
	v := r.URL.Query().Get(name)
	if v == "" {
		return -1, true
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		text(w, http.StatusBadRequest, "Failed to parse "+name+": Failed to convert '"+v+"' to number\n")
		return 0, false
	}
	return n, true
}

// openFile opens the file that the query names.
func (a *Server) openFile(w http.ResponseWriter, r *http.Request) (*os.File, os.FileInfo, bool) {
	path := r.URL.Query().Get("path")
	if path == "" {
		text(w, http.StatusBadRequest, "Expecting 'path=value' in query.\n")
		return nil, nil, false
	}
	f, err := a.open(path)
	if err != nil {
		text(w, http.StatusNotFound, "404 Not Found.")
		return nil, nil, false
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		_ = f.Close()
		text(w, http.StatusBadRequest, "Cannot read a directory.\n")
		return nil, nil, false
	}
	if err != nil {
		_ = f.Close()
		text(w, http.StatusNotFound, "404 Not Found.")
		return nil, nil, false
	}
	return f, info, true
}

// filesDownload is /files/download (7.2).
func (a *Server) filesDownload(w http.ResponseWriter, r *http.Request) {
	f, info, ok := a.openFile(w, r)
	if !ok {
		return
	}
	defer func() { _ = f.Close() }()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", "attachment; filename="+filepath.Base(r.URL.Query().Get("path")))
	http.ServeContent(w, r, "", info.ModTime(), f)
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
	path := r.URL.Query().Get("path")
	if path == "" {
		text(w, http.StatusBadRequest, "Expecting 'path=value' in query.\n")
		return
	}
	list, err := a.list(path)
	if err != nil {
		text(w, http.StatusNotFound, "404 Not Found.")
		return
	}
	writeJSON(w, list)
}

func (a *Server) list(path string) ([]file, error) {
	dir, err := a.open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	infos, err := dir.Readdir(-1)
	if err != nil {
		return nil, err
	}
	out := make([]file, 0, len(infos))
	for _, i := range infos {
		out = append(out, describe(filepath.Join(path, i.Name()), i))
	}
	slices.SortFunc(out, func(x, y file) int { return strings.Compare(x.Path, y.Path) })
	return out, nil
}

func describe(path string, i os.FileInfo) file {
	f := file{Path: path, Size: i.Size(), Mode: modeText(i), Mtime: float64(i.ModTime().UnixNano()) / 1e9, Nlink: 1}
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
	text := i.Mode().Perm().String()
	switch {
	case i.IsDir():
		return "d" + text[1:]
	case i.Mode()&os.ModeSymlink != 0:
		return "l" + text[1:]
	}
	return text
}
