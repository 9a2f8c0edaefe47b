package audit_test

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }
