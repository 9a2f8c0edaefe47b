package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"

	"github.com/milosgajdos/taurus/internal/visible"
)

// The formats of results.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
)

func formats() []string { return []string{formatTable, formatJSON, formatYAML} }

// format is the one chosen.
func (a *App) format() (string, error) {
	if !slices.Contains(formats(), a.flags.output) {
		return "", usagef("--output %s: there are table, json and yaml", a.flags.output)
	}
	return a.flags.output, nil
}

// show writes a result: v as JSON or YAML, or what human writes.
func (a *App) show(v any, human func(io.Writer) error) error {
	format, err := a.format()
	if err != nil {
		return err
	}
	switch format {
	case formatJSON:
		return a.writeJSON(v, jsontext.WithIndent("  "))
	case formatYAML:
		return a.writeYAML(v)
	}
	return human(shown{a.Out})
}

// each writes one of many results as soon as it is there: JSON a line each, YAML
// a document each.
func (a *App) each(v any, human func(io.Writer) error) error {
	format, err := a.format()
	if err != nil {
		return err
	}
	switch format {
	case formatJSON:
		return a.writeJSON(v)
	case formatYAML:
		if _, err := io.WriteString(a.Out, "---\n"); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return a.writeYAML(v)
	}
	return human(shown{a.Out})
}

// shown writes for people: characters that they would not see by their numbers. None is
// split over two writes.
type shown struct{ to io.Writer }

// Write implements io.Writer.
func (s shown) Write(p []byte) (int, error) {
	if _, err := io.WriteString(s.to, visible.Escaped(string(p))); err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	return len(p), nil
}

// nothing is for people who were told on standard error.
func nothing(io.Writer) error { return nil }

func (a *App) writeJSON(v any, opts ...json.Options) error {
	opts = append(opts, json.Deterministic(true))
	data, err := json.Marshal(v, opts...)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	if _, err := io.WriteString(a.Out, visible.EscapedJSON(string(data))+"\n"); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (a *App) writeYAML(v any) error {
	data, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write YAML: %w", err)
	}
	text, err := yaml.JSONToYAML(data)
	if err != nil {
		return fmt.Errorf("write YAML: %w", err)
	}
	if _, err := a.Out.Write(text); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
