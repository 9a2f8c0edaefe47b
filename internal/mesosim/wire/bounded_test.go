package wire_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// The length of a record is a promise: no more memory is taken for it than what
// has come of it is worth.
func TestRecordMemoryIsBounded(t *testing.T) {
	const allowed = 8 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := wire.NewRecordReader(strings.NewReader("200000000\nlittle")).Next()
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a record that breaks off: %v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > allowed {
		t.Errorf("%d bytes were taken for a record of six", took)
	}
}
