package sim_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/sim"
)

var goldenFlag = flag.String("golden", "", "write the log of the first seed into this file, as those of internal/core/cluster/testdata/golden were")

// TestWriteGolden writes a log that others are held to. It need not be of this build.
func TestWriteGolden(t *testing.T) {
	if *goldenFlag == "" {
		t.Skip("-golden names no file")
	}
	run := sim.New(*firstFlag)
	if wrong := run.Do(); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	var file bytes.Buffer
	zipped, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range run.World.Log.Records {
		line, err := json.Marshal(struct {
			Time    time.Time
			Subject string
			Header  map[string]string
			Data    jsontext.Value
		}{r.Decoded.Time, r.Message.Subject, r.Message.Header, r.Message.Data}, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := zipped.Write(append(line, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*goldenFlag, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d records", len(run.World.Log.Records))
}
