package job

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// document is what a job file holds: a spec, or in the oldest form of the
// original a spec with one task under "task".
type document struct {
	Spec
	Task *Group `json:"task"`
}

// File is a job file as it was sent, as JSON. To make that of YAML takes time that grows
// with the square of its tokens, so it is done once for whoever decodes it and wants to
// warn of it, too.
type File struct {
	json []byte
	// written tells of an offset in json what stands there in the file.
	written written
}

// written tells what a JSON document was made of.
type written struct {
	// line is the line of an offset.
	line func(int64) int
	// word is what was written for the number, the word or the plain string that begins at
	// an offset; empty where that is the JSON itself.
	word func(int64) string
}

// asJSON is of a document that was JSON already, of which it is what begins at start.
func asJSON(line func(int64) int, start int64) written {
	return written{
		line: func(offset int64) int { return line(start + offset) },
		word: func(int64) string { return "" },
	}
}

// NewFile reads a job file of a content type as HTTP names it. An empty type, and the form
// type that curl -d sends, mean JSON. It returns ErrMediaType for a type that is neither
// JSON nor YAML, and Faults with ErrSyntax for what is no YAML; whether it is JSON is for
// Decode to tell.
func NewFile(data []byte, contentType string) (*File, error) {
	yaml, err := isYAML(contentType)
	if err != nil {
		return nil, err
	}
	if yaml {
		return newYAMLFile(data)
	}
	return newJSONFile(data), nil
}

func newJSONFile(data []byte) *File {
	data = withoutBOM(data)
	return &File{json: data, written: asJSON(lineIn(data), 0)}
}

func newYAMLFile(data []byte) (*File, error) {
	c, err := yamlToJSON(data)
	if err != nil {
		return nil, err
	}
	return &File{json: c.json, written: written{line: c.line, word: c.word}}, nil
}

// JSON is the document as JSON, and which line of the file an offset of it is on: for files
// that hold something else than a job and are written as strictly.
func (f *File) JSON() (data []byte, line func(offset int64) int) { return f.json, f.written.line }

// Decode reads the one job of the file, as DecodeJSON does.
func (f *File) Decode() (*Spec, error) {
	return decode(f.json, f.written, jsontext.AllowDuplicateNames(false))
}

// isYAML says which of the two formats a content type names.
func isYAML(contentType string) (bool, error) {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil && contentType != "" {
		return false, fmt.Errorf("%w %q: send application/json or application/yaml", ErrMediaType, contentType)
	}
	switch {
	case media == "", media == "application/json", strings.HasSuffix(media, "+json"),
		media == "application/x-www-form-urlencoded":
		return false, nil
	case media == "application/yaml", media == "application/x-yaml", media == "text/yaml",
		media == "text/x-yaml", strings.HasSuffix(media, "+yaml"):
		return true, nil
	}
	return false, fmt.Errorf("%w %q: send application/json or application/yaml", ErrMediaType, media)
}

// DecodeJSON reads one job and refuses anything after it. Field names match
// whatever their case, unknown ones are skipped, and what is missing is zero.
// It returns Faults: every value of the wrong type at once, together with the
// rest of the spec for AllFaults, or, joined with ErrSyntax, the place where the
// document stops being JSON.
func DecodeJSON(data []byte) (*Spec, error) { return newJSONFile(data).Decode() }

// DecodeLegacy reads a job as the original's routes did: only the first JSON
// value counts, of a repeated name the last, and broken UTF-8 is mended.
func DecodeLegacy(data []byte) (*Spec, error) {
	tolerant := json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	data = withoutBOM(data)
	line := lineIn(data)
	dec := jsontext.NewDecoder(bytes.NewReader(data), tolerant)
	first, err := dec.ReadValue()
	if err != nil {
		return nil, syntaxFault(err, line)
	}
	start := dec.InputOffset() - int64(len(first))
	return decode(first, asJSON(line, start), tolerant)
}

// withoutBOM skips the byte order mark that some editors begin a file with:
// RFC 8259 (8.1) allows it, YAML 1.2 (5.2) asks for it.
func withoutBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }

// decode reads exactly one JSON value.
func decode(data []byte, from written, opts ...json.Options) (*Spec, error) {
	var doc document
	types := typeCheck{written: from}
	err := json.Unmarshal(data, &doc, json.JoinOptions(opts...),
		json.MatchCaseInsensitiveNames(true), jsonv1.MatchCaseSensitiveDelimiter(true),
		json.WithUnmarshalers(types.unmarshalers()))
	if err != nil {
		return nil, decodeFault(err, from.line)
	}
	if doc.Task != nil {
		if len(doc.Tasks) > 0 {
			types.faults.add(Fault{Path: "task", Message: "give either task or tasks, not both"})
		}
		doc.Tasks = []Group{*doc.Task}
	}
	return &doc.Spec, types.faults.err()
}

// decodeFault words an error of the JSON package.
func decodeFault(err error, line func(int64) int) error {
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return syntaxFault(err, line)
	}
	message := "cannot be read"
	if semantic.Err != nil {
		message += ": " + semantic.Err.Error()
	}
	return Faults{{Path: pointerPath(semantic.JSONPointer), Message: message, Line: line(semantic.ByteOffset)}}
}

// syntaxFault words what keeps a document from being JSON.
func syntaxFault(err error, line func(int64) int) error {
	fault := Fault{Message: "the document ends too early; send one whole job"}
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntactic):
		fault.Path = pointerPath(syntactic.JSONPointer)
		fault.Line = line(syntactic.ByteOffset)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			fault.Message = "not valid JSON: " + strings.TrimPrefix(syntactic.Err.Error(), "jsontext: ")
		}
		if errors.Is(err, jsontext.ErrDuplicateName) {
			fault.Message = "is given twice; keep one"
		}
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		fault.Message = "not valid JSON: " + err.Error()
	}
	return fmt.Errorf("%w: %w", ErrSyntax, Faults{fault})
}

// lineIn returns a function from the offsets of data to lines, from 1. It counts on
// from the last offset, so that those of a whole document in order cost no more
// than the document.
func lineIn(data []byte) func(int64) int {
	last, line := int64(0), 1
	return func(offset int64) int {
		offset = min(max(offset, 0), int64(len(data)))
		if offset < last {
			line -= bytes.Count(data[offset:last], []byte("\n"))
		} else {
			line += bytes.Count(data[last:offset], []byte("\n"))
		}
		last = offset
		return line
	}
}
