package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// NameMax is the length of a name, in bytes, that every store takes.
const NameMax = 200

var (
	// ErrExists is returned by Put for a name that is taken.
	ErrExists = errors.New("there is such an object already")
	// ErrNotFound is returned by Get if there is no such object.
	ErrNotFound = errors.New("there is no such object")
	// ErrLonger is returned by Read for an object that is longer than it may be.
	ErrLonger = errors.New("the object is longer than it may be")
	// ErrName is returned for what is no name of an object.
	ErrName = errors.New("no name of an object: use lower-case letters, digits, '-', '_' and '.', and '/' between parts that do not begin with '.'")
	// ErrRefused is returned, along with why, by a store that does not let this program do
	// what it asks for; trying again does not mend it.
	ErrRefused = errors.New("the store does not let this be done")
)

// Object is one of a store.
type Object struct {
	Name string
	Size int64
}

// Store keeps objects. It is safe for concurrent use.
type Store interface {
	// Put stores an object, and returns once it is there to stay. The error is ErrExists
	// if the name is taken, and nothing is changed then. After any other error the object
	// is there, whole, or it is not.
	Put(ctx context.Context, name string, content []byte) error
	// Get reads length bytes of an object from an offset on, fewer where it ends before;
	// with a length of 0 all up to its end. The error is ErrNotFound if there is none.
	// The caller closes it.
	Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error)
	// List yields the objects whose names begin with prefix and come after another name,
	// in the order of their names byte by byte. An error ends it.
	List(ctx context.Context, prefix, after string) iter.Seq2[Object, error]
	// String says where it is, for people, without anything secret.
	String() string
}

// CheckName returns ErrName for what no store takes.
func CheckName(name string) error {
	fits := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
	}
	if len(name) > NameMax {
		return fmt.Errorf("%w; it has %d bytes, the most is %d", ErrName, len(name), NameMax)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.ContainsFunc(part, func(r rune) bool { return !fits(r) }) {
			return fmt.Errorf("%q is %w", name, ErrName)
		}
	}
	return nil
}

// Read reads a whole object of at most so many bytes. The error is that of Get, or
// ErrLonger.
func Read(ctx context.Context, s Store, name string, most int64) (content []byte, err error) {
	in, err := s.Get(ctx, name, 0, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	content, err = io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("%s: %w: %d bytes", name, ErrLonger, most)
	}
	return content, err
}
