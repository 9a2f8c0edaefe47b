package service_test

import (
	"os"
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) {
	if kind := os.Getenv(childEnv); kind != "" {
		os.Exit(child(kind))
	}
	testwait.Main(m)
}
