package cron

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/levenshtein"
)

// database is lib/time/zoneinfo.zip of the Go distribution, go1.26.8: a zip archive
// in which nothing is compressed.
//
//go:embed zoneinfo.zip
var database string

// UTC is the zone of a schedule that names none.
const UTC = "UTC"

// Zone returns the time zone of a name as the IANA database has it; empty is UTC.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == UTC {
		return time.UTC, nil
	}
	data := ""
	eachZone(func(zone, body string) bool {
		if zone == name {
			data = body
		}
		return data == ""
	})
	if data == "" {
		return nil, fmt.Errorf("%q is no time zone of the IANA database; %s", name, hint(name))
	}
	return time.LoadLocationFromTZData(name, []byte(data))
}

// hint names the zone that is nearest to what is none.
func hint(name string) string {
	best, edits := "", 1+min(len(name)/4, 4)
	eachZone(func(zone, _ string) bool {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(zone), edits); d < edits {
			best, edits = zone, d
		}
		return true
	})
	if best == "" {
		return `give a name such as "Europe/Berlin"`
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// eachZone goes through the zones of the database until one is enough.
func eachZone(yield func(name, data string) bool) {
	const (
		endSize, entrySize, headSize = 22, 46, 30
		entries, directory           = 10, 16 // in the end of the archive
		size, nameSize, extra, start = 24, 28, 30, 42
		headName, headExtra          = 26, 28
	)
	number := func(at, bytes int) int {
		if bytes == 2 {
			return int(binary.LittleEndian.Uint16([]byte(database[at : at+2])))
		}
		return int(binary.LittleEndian.Uint32([]byte(database[at : at+4])))
	}
	end := len(database) - endSize
	at := number(end+directory, 4)
	for range number(end+entries, 2) {
		name := database[at+entrySize : at+entrySize+number(at+nameSize, 2)]
		if !strings.HasSuffix(name, "/") {
			body := number(at+start, 4)
			body += headSize + number(body+headName, 2) + number(body+headExtra, 2)
			if !yield(name, database[body:body+number(at+size, 4)]) {
				return
			}
		}
		at += entrySize + len(name) + number(at+extra, 2)
	}
}
