module github.com/milosgajdos/taurus/pkg/eventlog

go 1.26.0

require (
	github.com/milosgajdos/taurus/pkg/events v0.0.0
	go.uber.org/goleak v1.3.0
)

require github.com/go-json-experiment/json v1.27.2 // indirect
