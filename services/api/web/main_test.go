package web_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// asked is the name by which httptest's requests ask.
func asked() []string { return []string{"example.com"} }
