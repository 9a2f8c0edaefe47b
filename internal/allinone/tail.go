package allinone

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// sizeOf is the size of a file, 0 where there is none.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// tail is what the end of a log says from a position on, at most so many lines:
// of an entry with an error only that, and what is said again and again once.
func tail(path string, from int64, lines int) []string {
	const enough = 16 << 10
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil
	}
	defer f.Close()
	size := sizeOf(path)
	data := make([]byte, min(max(size-from, 0), enough))
	if _, err := f.ReadAt(data, size-int64(len(data))); err != nil || len(data) == 0 {
		return nil
	}
	var end []string
	for _, line := range slices.Backward(strings.Split(strings.TrimSpace(string(data)), "\n")) {
		if line = said(line); !slices.Contains(end, line) && len(end) < lines {
			end = append(end, line)
		}
	}
	slices.Reverse(end)
	return end
}

// said is the error that a line of a log tells of, otherwise the line.
func said(line string) string {
	var entry struct {
		Error string `json:"error"`
	}
	if json.Unmarshal([]byte(line), &entry) == nil && entry.Error != "" {
		return entry.Error
	}
	return line
}
