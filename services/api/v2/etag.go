package v2

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/web"
)

const headerETag = "ETag"

// etagOf names what was shown of a job: its run and version, which If-Match
// looks at, and the last sequence about it, which only If-None-Match does.
func etagOf(j projection.Job) string {
	return fmt.Sprintf(`"%d.%d.%d"`, j.Run, j.Version, j.Sequence)
}

// noneMatch reports whether the client has what it would be sent.
func noneMatch(r *http.Request, etag string) bool {
	for tag := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// ifMatch are the versions one of which a client wants to change; nil is any. A
// tag that is none of ours is a version that no job has.
func ifMatch(r *http.Request) ([]submission.Version, error) {
	text := strings.Join(r.Header.Values("If-Match"), ",")
	if trimmed := strings.TrimSpace(text); trimmed == "" || trimmed == "*" {
		return nil, nil
	}
	seen := []submission.Version{}
	for tag := range strings.SplitSeq(text, ",") {
		// Proxies that compress make tags weak.
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		bare := strings.Trim(tag, `"`)
		v, ours := versionOf(bare)
		switch {
		case ours:
			seen = append(seen, v)
		case tag != "" && tag != `"`+bare+`"`:
			return nil, web.BadParam("If-Match", "must be an ETag as GET gave it, in quotes, several joined by commas, or *")
		}
	}
	return seen, nil
}

// versionOf is the run and the version that a tag of etagOf names.
func versionOf(tag string) (v submission.Version, ours bool) {
	parts := strings.Split(tag, ".")
	if len(parts) != 2 && len(parts) != 3 {
		return v, false
	}
	run, errRun := strconv.ParseUint(parts[0], 10, 64)
	version, errVersion := strconv.ParseUint(parts[1], 10, 64)
	return submission.Version{Run: run, Version: version}, errRun == nil && errVersion == nil
}
