package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Row is one figure of a scenario, beside the limit that it is held to.
type Row struct {
	Scenario string `json:"scenario"`
	// Case tells apart the rows of a scenario that measure the same.
	Case string `json:"case,omitempty"`
	// What was measured, and in which unit.
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Limit is what nothing can be better than here, measured in the same run, and
	// LimitValue what it came to; empty where there is none.
	Limit      string  `json:"limit,omitempty"`
	LimitValue float64 `json:"limit_value,omitempty"`
	// Ratio is Value as a part of LimitValue; 0 where there is no limit.
	Ratio float64 `json:"ratio,omitempty"`
	// Aim is what it is to come to, in words.
	Aim string `json:"aim,omitempty"`
}

// beside is the row held to a limit.
func (r Row) beside(limit string, value float64) Row {
	r.Limit, r.LimitValue = limit, value
	if value != 0 {
		r.Ratio = r.Value / value
	}
	return r
}

// WriteTable writes rows for people, in Markdown.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.Debug)
	line := func(cells ...string) { _, _ = fmt.Fprintln(t, "| "+strings.Join(cells, "\t ")+"\t") } // Flush tells of an error.
	line("what", "case", "", "measured", "limit", "", "ratio", "aim")
	line("---", "---", "---", "---", "---", "---", "---", "---")
	for _, r := range rows {
		limit, ratio := "", ""
		if r.Limit != "" {
			limit, ratio = figure(r.LimitValue)+" "+r.Unit, strconv.FormatFloat(r.Ratio, 'f', 2, 64)
		}
		line(r.Scenario, r.Case, r.What, figure(r.Value)+" "+r.Unit, r.Limit, limit, ratio, r.Aim)
	}
	return t.Flush()
}

// figure has three digits that mean something, and no fewer than are before the point.
func figure(v float64) string {
	switch {
	case v >= 100 || v <= -100 || v == 0:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10 || v <= -10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// WriteJSON writes a line of JSON for each row, for programs.
func WriteJSON(w io.Writer, rows []Row) error {
	out := json.NewEncoder(w)
	for _, r := range rows {
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
