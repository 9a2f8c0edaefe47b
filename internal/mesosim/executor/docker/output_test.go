package docker

import (
	"bytes"
	"io"
	"testing"

	"pgregory.net/rapid"
)

type closer struct{ io.Writer }

func (closer) Close() error { return nil }

// Wherever the copying was cut off, going on from the beginning of the log gives
// the whole of it once.
func TestRemainderGoesOnWhereTheFileEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		chunks := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "log")
		whole := bytes.Join(chunks, nil)
		cut := rapid.IntRange(0, len(whole)).Draw(t, "cut")
		var file bytes.Buffer
		file.Write(whole[:cut])
		r := &remainder{WriteCloser: closer{&file}, skip: int64(file.Len())}
		for _, c := range chunks {
			if n, err := r.Write(c); n != len(c) || err != nil {
				t.Fatalf("Write(%d bytes) = %d, %v", len(c), n, err)
			}
		}
		if !bytes.Equal(file.Bytes(), whole) {
			t.Fatalf("got %q, want %q", file.Bytes(), whole)
		}
	})
}
