package docker

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
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

// What the executor said about itself before the container wrote anything is not
// taken for a part of the container's log.
func TestOpenKnowsTheIntroduction(t *testing.T) {
	t.Parallel()
	const introduction = "I20260102 15:04:05.000000  2066 executor.cpp:130] Registered docker executor on h\n" +
		"I20260102 15:04:05.000000  2066 executor.cpp:186] Starting task t\n"
	for _, before := range []string{"", introduction} {
		for _, copied := range []string{"", "o", "one\n", "one\ntwo\n"} {
			sandbox := t.TempDir()
			path := filepath.Join(sandbox, "stderr")
			if err := os.WriteFile(path, []byte(before+copied), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := (&output{sandbox: sandbox}).open("stderr")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(out, "one\ntwo\n"); err != nil {
				t.Fatal(err)
			}
			if err := out.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if want := before + "one\ntwo\n"; err != nil || string(got) != want {
				t.Errorf("%q and then %q: %q, %v", before, copied, got, err)
			}
		}
	}
}

// Nobody introduces himself on stdout: what looks like it is the container's own.
func TestOpenKnowsThatStdoutHasNoIntroduction(t *testing.T) {
	t.Parallel()
	const said = "I20260102 15:04:05.000000  2066 executor.cpp:130] Registered docker executor on h\nmore\n"
	sandbox := t.TempDir()
	for range 2 { // The second time after a restart of the agent.
		out, err := (&output{sandbox: sandbox}).open("stdout")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, said); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(sandbox, "stdout")); err != nil || string(got) != said {
		t.Errorf("%q, %v, want it once", got, err)
	}
}
